/** The web chat: asks, shows what comes back, and remembers it for as long as the tab is open. */

import { render } from "./markdown.js";

const MEMORY = "chat";
const MOST_REMEMBERED = 100;
const TYPING_AFTER = 200; // ms; most answers are there sooner
const PATIENCE = 20_000; // ms
const PAUSE = 5 * 60_000; // ms of silence after which the time is shown
const COUNT_FROM = 0.8; // share of the limit

const find = (id) => document.getElementById(id);
const texts = JSON.parse(find("texts").textContent);
const { language, limit } = document.body.dataset;
const pageLanguage = document.documentElement.lang;
const isEmbedded = window.parent !== window && document.body.classList.contains("embedded");
const log = find("log");
const exchanges = find("exchanges");
const question = find("question");
const send = document.querySelector(".send");

const memory = recall();
let answers = Promise.resolve(); // questions are answered one after the other

/* What is remembered: {session, draft, exchanges: [{question, at, reply?, verdict?}]} */

function recall() {
  try {
    const remembered = JSON.parse(sessionStorage.getItem(MEMORY));
    if (Array.isArray(remembered?.exchanges)) return remembered;
  } catch {
    // No storage, or not ours: start anew.
  }
  return { session: newSession(), draft: "", exchanges: [] };
}

function remember() {
  memory.exchanges.splice(0, memory.exchanges.length - MOST_REMEMBERED);
  try {
    sessionStorage.setItem(MEMORY, JSON.stringify(memory));
  } catch {
    // The chat works without, until it is reloaded.
  }
}

/** 128 random bits; crypto.randomUUID is not there on plain http. */
function newSession() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/* Asking */

function ask(text) {
  const exchange = { question: text, at: Date.now() };
  memory.exchanges.push(exchange);
  remember();
  const place = show(exchange);
  toEnd();
  queue(exchange, place);
}

function queue(exchange, place) {
  answers = answers.then(() => answer(exchange, place));
}

async function answer(exchange, place) {
  if (!place.isConnected) return; // a new conversation was started meanwhile
  const typing = setTimeout(() => add(place, clone("typing")), TYPING_AFTER);
  const { reply, trouble } = await fetchReply(exchange.question);
  clearTimeout(typing);
  place.querySelector(".typing")?.remove();
  if (trouble) return showTrouble(exchange, place, trouble);
  exchange.reply = reply;
  remember();
  const message = replyMessage(exchange);
  add(place, message);
  toMessage(message);
}

/** Either the reply or the words for what went wrong. */
async function fetchReply(text) {
  try {
    const response = await post("ask", { question: text, session_id: memory.session, language });
    return response.ok ? { reply: await response.json() } : { trouble: troubleWith(response) };
  } catch {
    return { trouble: texts.offline };
  }
}

function post(path, body) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Bot-Channel": "chat" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout?.(PATIENCE),
  });
}

function troubleWith(response) {
  const seconds = Number.parseInt(response.headers.get("Retry-After"), 10) || 60;
  if (response.status === 429) return filled(texts.too_fast, { seconds });
  if (response.status === 503) return texts.unready;
  return response.status < 500 ? texts.not_understood : texts.failed;
}

/* Showing */

function show(exchange) {
  const place = document.createElement("div");
  const own = clone("own");
  own.querySelector(".bubble").textContent = exchange.question;
  const time = timeBefore(exchange);
  place.append(...(time ? [time] : []), own);
  exchanges.append(place);
  return place;
}

function timeBefore(exchange) {
  const last = memory.exchanges[memory.exchanges.indexOf(exchange) - 1];
  if (exchange.at - (last?.at ?? 0) < PAUSE) return null;
  const isToday = new Date(exchange.at).toDateString() === new Date().toDateString();
  const style = isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  const node = document.createElement("p");
  node.className = "time";
  node.textContent = new Intl.DateTimeFormat(pageLanguage, style).format(exchange.at);
  return node;
}

function replyMessage(exchange) {
  const { reply } = exchange;
  const message = clone("bot");
  const shown = message.querySelector(".answer");
  shown.lang = reply.language;
  shown.append(render(withoutOffers(reply), texts));
  showBasis(message.querySelector(".basis"), reply.parts ?? []);
  message
    .querySelector(".chips")
    .append(...reply.suggestions.map((offer) => chip(offer.question, reply.language)));
  message.querySelector(".copy").addEventListener("click", (event) => copy(shown, event.currentTarget));
  for (const button of message.querySelectorAll(".verdict")) {
    button.setAttribute("aria-pressed", String(exchange.verdict === button.dataset.verdict));
    button.addEventListener("click", () => judge(exchange, message, button.dataset.verdict));
  }
  // "You're welcome" is neither worth copying nor judging.
  if (reply.outcome === "smalltalk") message.querySelector(".tools").remove();
  return message;
}

/** The answer without the questions that are offered as chips. */
function withoutOffers(reply) {
  const offered = new Set(reply.suggestions.map((offer) => `- ${offer.question}`));
  return reply.answer
    .split("\n")
    .filter((line) => !offered.has(line))
    .join("\n")
    .trim();
}

/** How old the answer is and what it rests on, folded away. */
function showBasis(details, parts) {
  const dates = parts.map((part) => part.as_of).filter(Boolean);
  const sources = [...new Set(parts.flatMap((part) => part.sources))];
  if (!dates.length && !sources.length) return details.remove();
  const dated = dates.length ? filled(texts.dated, { date: dates.sort()[0] }) : "";
  const sourced = sources.length ? filled(texts.sourced, { count: sources.length }) : "";
  const words = [dated, sourced].filter(Boolean).join(" · ");
  if (!sources.length) {
    const line = document.createElement("p");
    line.className = "basis";
    line.textContent = words;
    return details.replaceWith(line);
  }
  details.classList.add("sourced");
  details.querySelector("summary").textContent = words;
  details
    .querySelector("ul")
    .append(...sources.map((source) => Object.assign(document.createElement("li"), { textContent: source })));
}

function showTrouble(exchange, place, words) {
  const trouble = clone("trouble");
  trouble.querySelector("span").textContent = words;
  trouble.querySelector("button").addEventListener("click", () => {
    trouble.remove();
    question.focus({ preventScroll: true });
    queue(exchange, place);
  });
  add(place, trouble);
  toEnd();
}

function chip(text, lang) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chip";
  button.lang = lang;
  button.textContent = text;
  return button;
}

function add(place, node) {
  node.classList.add("fresh");
  place.append(node);
  if (node.classList.contains("typing")) toEnd();
}

function toEnd() {
  log.scrollTop = log.scrollHeight;
}

/** Stay at the end when the composer grows or a keyboard comes up. */
function keepEndInSight() {
  let isAtEnd = true;
  log.addEventListener("scroll", () => (isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 4));
  new ResizeObserver(() => isAtEnd && toEnd()).observe(log);
}

/** A long answer is read from its beginning. */
function toMessage(message) {
  const isLong = message.offsetHeight > log.clientHeight - 48;
  if (isLong) log.scrollTop += message.getBoundingClientRect().top - log.getBoundingClientRect().top - 12;
  else toEnd();
}

/* What can be done with an answer */

async function copy(shown, button) {
  const done = await copied(shown);
  say(done ? texts.copied : texts.not_copied);
  note(button.closest(".message"), done ? texts.copied : texts.not_copied);
}

async function copied(shown) {
  try {
    await navigator.clipboard.writeText(shown.innerText.trim());
    return true;
  } catch {
    return copiedBySelection(shown);
  }
}

/** For plain http and for frames that may not use the clipboard. */
function copiedBySelection(shown) {
  const selection = getSelection();
  selection.selectAllChildren(shown);
  const done = document.execCommand("copy");
  if (done) selection.removeAllRanges();
  return done;
}

async function judge(exchange, message, verdict) {
  const last = exchange.verdict ?? "none";
  const wanted = last === verdict ? "none" : verdict;
  press(message, wanted);
  const status = await statusOf({ request_id: exchange.reply.request_id, verdict: wanted });
  const isNoted = status === 204;
  press(message, isNoted ? wanted : last);
  if (isNoted) exchange.verdict = wanted;
  remember();
  const words = isNoted ? (wanted === "none" ? "" : texts.thanks) : texts.not_noted;
  say(words);
  note(message, words);
  // The answer is not on record (any more), so it cannot be judged.
  if (status === 404) for (const button of message.querySelectorAll(".verdict")) button.remove();
}

async function statusOf(feedback) {
  try {
    return (await post("feedback", feedback)).status;
  } catch {
    return 0;
  }
}

function press(message, verdict) {
  for (const button of message.querySelectorAll(".verdict")) {
    button.setAttribute("aria-pressed", String(button.dataset.verdict === verdict));
  }
}

function note(message, words) {
  const place = message.querySelector(".noted");
  place.textContent = words;
  setTimeout(() => place.textContent === words && place.replaceChildren(), 3000);
}

/** Tell a screen reader. */
function say(words) {
  find("status").textContent = words;
}

/* The composer */

const length = () => [...question.value.trim()].length;

function submit() {
  const text = question.value.trim();
  if (!text || length() > limit) return question.focus();
  question.value = "";
  typed();
  ask(text);
}

function typed() {
  const count = length();
  const isOver = count > limit;
  const place = find("count");
  place.hidden = count < limit * COUNT_FROM;
  place.classList.toggle("over", isOver);
  place.textContent = place.hidden ? "" : filled(isOver ? texts.too_long : texts.counted, { count, limit });
  question.setAttribute("aria-invalid", String(isOver));
  send.setAttribute("aria-disabled", String(!count || isOver));
  if (!CSS.supports("field-sizing", "content")) grow();
}

function grow() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight + 2}px`;
}

/** Enter sends, unless it picks a word of an input method (229: what Safari says of that Enter). */
function pressed(event) {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
}

/* The conversation as a whole */

function startAnew() {
  Object.assign(memory, { session: newSession(), exchanges: [] });
  remember();
  exchanges.replaceChildren();
  log.scrollTop = 0;
  say(texts.started_anew);
  question.focus();
}

function switchLanguage(chosen) {
  const address = new URL(location.href);
  address.searchParams.set("lang", chosen);
  location.replace(address);
}

function restore() {
  log.setAttribute("aria-live", "off"); // it was read before
  for (const exchange of memory.exchanges) {
    const place = show(exchange);
    if (exchange.reply) place.append(replyMessage(exchange));
    else showTrouble(exchange, place, texts.unanswered);
  }
  question.value = memory.draft ?? "";
  log.style.scrollBehavior = "auto";
  if (memory.exchanges.length) toEnd();
  requestAnimationFrame(() => {
    log.style.scrollBehavior = "";
    log.setAttribute("aria-live", "polite");
  });
}

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function clone(id) {
  return find(id).content.cloneNode(true).firstElementChild;
}

/** The widget around an embedded chat is told to close; it knows where the message comes from. */
function tellWidget(words) {
  if (isEmbedded) window.parent.postMessage(`wechat-bot:${words}`, "*");
}

function focusQuestion() {
  // On a touch screen that would raise the keyboard over the answers.
  if (matchMedia("(hover: hover) and (pointer: fine)").matches) question.focus({ preventScroll: true });
}

const welcome = find("welcome");
welcome.replaceChildren(render(welcome.textContent, texts));
restore();
typed();
keepEndInSight();
find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
question.addEventListener("input", typed);
question.addEventListener("keydown", pressed);
find("language").addEventListener("change", (event) => switchLanguage(event.target.value));
find("anew").addEventListener("click", startAnew);
find("close")?.addEventListener("click", () => tellWidget("close"));
log.addEventListener("click", (event) => {
  const tapped = event.target.closest(".chips .chip");
  if (tapped) ask(tapped.textContent);
});
addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && tellWidget("close"));
addEventListener("focus", () => document.activeElement === document.body && focusQuestion());
addEventListener("pagehide", () => {
  memory.draft = question.value;
  remember();
});
if (!isEmbedded) focusQuestion();
tellWidget("ready");
