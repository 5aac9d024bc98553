/**
 * The chat on other people's pages: <script src="https://bot.example/widget.js" async></script>
 *
 * Adds a round button that opens the chat in a frame. On the script tag: data-lang (auto, zh-Hans, zh-Hant, en),
 * data-color (any CSS colour), data-position (right, left). Everything is in a shadow root and styled
 * through CSSOM, so that the host page needs no more than script-src and frame-src for the bot's address.
 */
(() => {
  const script = document.currentScript;
  if (!script || window.wechatBotWidget) return;
  window.wechatBotWidget = true;

  const bot = new URL("chat", script.src);
  const { lang = "auto", color = "", position = "right" } = script.dataset;
  const WORDS = {
    "zh-Hans": { chat: "在线咨询", close: "关闭咨询窗口", apart: "在新窗口打开咨询" },
    "zh-Hant": { chat: "線上諮詢", close: "關閉諮詢視窗", apart: "在新視窗開啟諮詢" },
    en: { chat: "Chat with us", close: "Close the chat", apart: "Open the chat in a new window" },
  };
  const READY_WITHIN = 4000; // ms after the frame has loaded

  /** The language to label the button in: the one chosen, else the first of the browser's that there is. */
  function words() {
    const tags = lang === "auto" ? navigator.languages : [lang];
    const tag = (tags.find((name) => /^(zh|en)/i.test(name)) ?? "en").toLowerCase();
    if (tag.startsWith("en")) return WORDS.en;
    return /hant|tw|hk|mo/.test(tag) ? WORDS["zh-Hant"] : WORDS["zh-Hans"];
  }

  const said = words();
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const button = document.createElement("button");
  const panel = document.createElement("div");
  let frame = null;
  let shape = null;
  let isReady = false;

  const STYLE = `
    :host { all: initial; }
    button, .panel { position: fixed; z-index: 2147483000; box-sizing: border-box; }
    button {
      bottom: max(20px, env(safe-area-inset-bottom)); width: 56px; height: 56px; padding: 0; border: 0; border-radius: 50%;
      display: grid; place-items: center; cursor: pointer; color: #fff; background: #067a3b;
      box-shadow: 0 2px 6px rgb(0 0 0 / 20%), 0 6px 20px rgb(0 0 0 / 20%);
    }
    button:hover { filter: brightness(1.08); }
    button:focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px #0b57d0; }
    svg { width: 30px; height: 30px; }
    .panel {
      bottom: 88px; width: min(400px, calc(100vw - 40px)); height: min(660px, calc(100vh - 112px));
      border-radius: 16px; overflow: hidden; background: Canvas; color: CanvasText; color-scheme: light dark;
      box-shadow: 0 2px 8px rgb(0 0 0 / 16%), 0 16px 48px rgb(0 0 0 / 24%);
    }
    .panel[hidden] { display: none; }
    .right { right: 20px; } .left { left: 20px; }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    a { display: block; padding: 24px; font: 16px/1.6 system-ui, sans-serif; color: LinkText; }
    @media (max-width: 480px), (max-height: 420px) {
      .panel { inset: 0; width: 100vw; height: 100vh; height: 100dvh; border-radius: 0; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .panel { animation: rise 0.18s ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(12px); } }
    }
    @media print { button, .panel { display: none; } }
  `;

  const OPEN_ICON =
    "M12 4C6.9 4 2.8 7.2 2.8 11.2c0 2.3 1.3 4.3 3.4 5.6l-.7 2.9 3.4-1.7c1 .3 2 .4 3.1.4 5.1 0 9.2-3.2 9.2-7.2S17.1 4 12 4Z" +
    "M8.8 12.7a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Zm6.4 0a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z";
  const CLOSE_ICON = "M5.3 8.6 12 15.3l6.7-6.7 1.5 1.5L12 18.3 3.8 10.1Z";

  function drawing() {
    const space = "http://www.w3.org/2000/svg";
    const node = document.createElementNS(space, "svg");
    node.setAttribute("viewBox", "0 0 24 24");
    node.setAttribute("aria-hidden", "true");
    shape = document.createElementNS(space, "path");
    shape.setAttribute("fill", "currentColor");
    shape.setAttribute("fill-rule", "evenodd");
    node.append(shape);
    return node;
  }

  function address(options) {
    const page = new URL(bot);
    for (const [name, value] of Object.entries(options)) page.searchParams.set(name, value);
    return page.href;
  }

  function createFrame() {
    frame = document.createElement("iframe");
    frame.title = said.chat;
    frame.allow = "clipboard-write";
    frame.src = address({ embed: "1", lang });
    frame.addEventListener("load", () => setTimeout(() => isReady || offerWindow(), READY_WITHIN));
    panel.append(frame);
  }

  /** The bot does not let this page embed it, or cannot be reached. */
  function offerWindow() {
    console.error(
      `The chat did not start in ${location.origin}. Is ${bot.origin} up, and is this address in its BOT_EMBED_ORIGINS?`,
    );
    const link = document.createElement("a");
    link.href = address({ lang });
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = said.apart;
    panel.replaceChildren(link);
  }

  function open() {
    if (!frame) createFrame();
    panel.hidden = false;
    label();
    if (isReady) frame.focus();
  }

  function close() {
    panel.hidden = true;
    label();
    button.focus();
  }

  function label() {
    const text = panel.hidden ? said.chat : said.close;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    button.setAttribute("aria-label", text);
    button.title = text;
    shape.setAttribute("d", panel.hidden ? OPEN_ICON : CLOSE_ICON);
  }

  function onMessage(event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== bot.origin) return;
    if (event.data === "wechat-bot:close") close();
    if (event.data === "wechat-bot:ready") {
      isReady = true;
      if (!panel.hidden) frame.focus();
    }
  }

  /** White on dark colours, black on light ones. */
  function colour() {
    if (!CSS.supports("color", color)) return;
    button.style.background = color;
    const [red, green, blue] = getComputedStyle(button)
      .backgroundColor.match(/[\d.]+/g)
      .map(Number);
    button.style.color = 0.299 * red + 0.587 * green + 0.114 * blue > 160 ? "#000" : "#fff";
  }

  function dress() {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } catch {
      // Safari before 16.4 knows only style elements, which a host's policy may forbid.
      const style = document.createElement("style");
      style.textContent = STYLE;
      root.append(style);
    }
  }

  function start() {
    dress();
    const side = position === "left" ? "left" : "right";
    panel.className = `panel ${side}`;
    panel.hidden = true;
    button.type = "button";
    button.className = side;
    button.append(drawing());
    button.addEventListener("click", () => (panel.hidden ? open() : close()));
    root.append(button, panel);
    root.addEventListener("keydown", (event) => event.key === "Escape" && !panel.hidden && close());
    document.body.append(host);
    label();
    colour();
    addEventListener("message", onMessage);
  }

  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
