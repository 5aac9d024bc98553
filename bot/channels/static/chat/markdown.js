/**
 * Markdown -> DOM nodes, for answers: paragraphs, lists, tables, emphasis, code, quotes and web links.
 *
 * Nothing else becomes an element: text is always set as text, so HTML in an answer is shown as written.
 */

const DEEPEST = 8; // lists and quotes within each other
const ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const RULE = /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/;
const FENCE = /^ {0,3}(```+|~~~+)/;
const DELIMITERS = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const INLINE = new RegExp(
  [
    /\\([!-/:-@[-`{-~])/, // an escaped mark
    /(`+)(.+?)\2(?!`)/, // code
    /\*\*(?=\S)(.+?)\*\*/, // strong
    /\*(?=[^\s*])([^*]*[^\s*])\*(?!\w)/, // emphasis
    /\[([^\][]+)\]\(([^()\s]+)\)/, // a link
    /<?(https?:\/\/[^\s<>"'`|)\]，。；：！？、（）《》“”]+)>?/, // a bare address
  ]
    .map((pattern) => pattern.source)
    .join("|"),
  "g",
);

/** The nodes of a text; `labels` names what scrolls: {table, code}. */
export function render(markdown, labels = { table: "", code: "" }) {
  return blocks(markdown.replaceAll("\r\n", "\n").split("\n"), labels, 0);
}

function blocks(lines, labels, depth) {
  const nodes = document.createDocumentFragment();
  let at = 0;
  while (at < lines.length) {
    const [node, next] = block(lines, at, labels, depth);
    if (node) nodes.append(node);
    at = next;
  }
  return nodes;
}

/** The block that begins at a line, and the line after it. */
function block(lines, at, labels, depth) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return fenced(lines, at, labels);
  if (RULE.test(line)) return [document.createElement("hr"), at + 1];
  if (isTable(lines, at)) return table(lines, at, labels);
  if (depth < DEEPEST && ITEM.test(line)) return list(lines, at, labels, depth + 1);
  if (depth < DEEPEST && line.startsWith(">")) return quote(lines, at, labels, depth + 1);
  return paragraph(lines, at);
}

function startsBlock(lines, at) {
  const line = lines[at];
  return (
    !line.trim() ||
    /^(?:>|#{1,6}\s)/.test(line) ||
    [FENCE, RULE, ITEM].some((p) => p.test(line)) ||
    isTable(lines, at)
  );
}

function isTable(lines, at) {
  return lines[at].includes("|") && DELIMITERS.test(lines[at + 1] ?? "") && lines[at + 1].includes("|");
}

function paragraph(lines, at) {
  let end = at + 1;
  const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(lines[at]);
  if (heading) return [element("p", element("strong", inline(heading[1]))), end];
  while (end < lines.length && !startsBlock(lines, end)) end += 1;
  const node = document.createElement("p");
  lines
    .slice(at, end)
    .forEach((line, i) => node.append(...(i ? [document.createElement("br")] : []), inline(line.trim())));
  return [node, end];
}

function fenced(lines, at, labels) {
  const fence = FENCE.exec(lines[at])[1];
  let end = at + 1;
  while (end < lines.length && !lines[end].trim().startsWith(fence)) end += 1;
  const node = scrolling(element("pre", element("code", lines.slice(at + 1, end).join("\n"))), labels.code);
  return [node, end + 1];
}

function quote(lines, at, labels, depth) {
  let end = at;
  while (end < lines.length && lines[end].startsWith(">")) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^> ?/, ""));
  return [element("blockquote", blocks(inner, labels, depth)), end];
}

/** Items as far as they are marked and indented alike. */
function list(lines, at, labels, depth) {
  const number = ITEM.exec(lines[at])[2];
  const node = document.createElement(number ? "ol" : "ul");
  if (number && number !== "1") node.start = Number(number);
  let end = at;
  while (end < lines.length && areAlike(lines[at], lines[end])) {
    const [child, next] = item(lines, end, labels, depth);
    node.append(child);
    // A blank line between two items does not end the list.
    const isGap = lines[next]?.trim() === "" && areAlike(lines[at], lines[next + 1] ?? "");
    end = isGap ? next + 1 : next;
  }
  return [node, end];
}

function areAlike(first, second) {
  const [one, two] = [ITEM.exec(first), ITEM.exec(second)];
  return two !== null && one[1].length === two[1].length && Boolean(one[2]) === Boolean(two[2]);
}

/** What is indented deeper than an item belongs to it. */
function item(lines, at, labels, depth) {
  const [, { length: indent }, , text] = ITEM.exec(lines[at]);
  let end = at + 1;
  while (end < lines.length && isWithin(lines, end, indent)) end += 1;
  const inner = lines.slice(at + 1, end).map((line) => dedented(line, indent));
  const content = blocks([text, ...inner], labels, depth);
  const first = content.firstChild;
  if (first?.nodeName === "P") first.replaceWith(...first.childNodes);
  return [element("li", content), end];
}

function isWithin(lines, at, indent) {
  const line = lines[at].trim() ? lines[at] : (lines[at + 1] ?? "");
  return line.trim() !== "" && line.search(/\S/) > indent;
}

function dedented(line, indent) {
  return line.slice(Math.min(indent + 2, Math.max(line.search(/\S/), 0)));
}

function table(lines, at, labels) {
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const columns = cells(lines[at]);
  const head = element("tr", ...columns.map((text) => headCell(text, "col")));
  const rows = lines.slice(at + 2, end).map((line) => tableRow(cells(line), columns.length));
  const node = element("table", element("thead", head), element("tbody", ...rows));
  const frame = element("div", node);
  frame.className = "table";
  return [scrolling(frame, labels.table), end];
}

function tableRow(texts, width) {
  const [first = "", ...others] = texts.slice(0, width);
  const missing = Array(Math.max(width - 1 - others.length, 0)).fill("");
  return element(
    "tr",
    headCell(first, "row"),
    ...[...others, ...missing].map((text) => element("td", inline(text))),
  );
}

function headCell(text, scope) {
  // A head without words heads nothing.
  const node = element(text ? "th" : "td", inline(text));
  if (text) node.scope = scope;
  return node;
}

function cells(line) {
  const escaped = "\u0000"; // stands in for a bar that is text
  const bare = line
    .trim()
    .replaceAll("\\|", escaped)
    .replace(/^\||\|$/g, "");
  return bare.split("|").map((text) => text.replaceAll(escaped, "|").trim());
}

/** What may be wider than the bubble can be reached, and so scrolled, by keyboard. */
function scrolling(node, label) {
  node.tabIndex = 0;
  node.setAttribute("role", "region");
  node.setAttribute("aria-label", label);
  return node;
}

function inline(text) {
  const nodes = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.append(text.slice(from, match.index), span(match));
    from = match.index + match[0].length;
  }
  nodes.append(text.slice(from));
  return nodes;
}

function span([all, escaped, , code, strong, emphasis, label, target, address]) {
  if (escaped) return escaped;
  if (code) return element("code", code.trim() || code);
  if (strong) return element("strong", inline(strong));
  if (emphasis) return element("em", inline(emphasis));
  if (label) return link(target, inline(label)) ?? all;
  return link(address, address) ?? all;
}

/** A link that opens beside the chat; null for whatever is not an address on the web. */
function link(target, content) {
  if (!/^https?:\/\/[^/]/i.test(target)) return null;
  const node = element("a", content);
  node.href = target;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}

function element(name, ...content) {
  const node = document.createElement(name);
  node.append(...content);
  return node;
}
