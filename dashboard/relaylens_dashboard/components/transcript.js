// Draws what was said and done in a run, in the order of time. Long texts are folded; all of them are only text.
const FOLD = 700;

export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.querySelector(".host");
  host.classList.add("transcript");
  host.replaceChildren(...data.entries.map(entryShape));
}

function entryShape(entry) {
  const node = element("section", { class: `entry ${entry.kind}${entry.marked ? " marked" : ""}` });
  node.style.setProperty("--hue", entry.hue);
  node.append(element("header", {},
    element("time", {}, entry.at),
    element("span", { class: "who" }, entry.who),
    element("span", { class: "what" }, entry.what),
    entry.chips.map((one) => {
      const chip = element("span", { class: "chip" }, one.text);
      chip.style.setProperty("--hue", one.hue);
      return chip;
    }),
    element("span", { class: "meta quiet" }, entry.meta),
    entry.link ? link(entry.link, { class: "opens", title: "Show the span" }, "span") : null,
  ));
  for (const block of entry.blocks) node.append(blockNode(block));
  return node;
}

function blockNode(block) {
  if (block.folded) {
    return element("details", { class: `said ${block.tone}` }, element("summary", {}, block.label), textNode(block));
  }
  return element("div", { class: `said ${block.tone}` }, block.label ? element("span", { class: "label quiet" }, block.label) : null, textNode(block));
}

function textNode(block) {
  const body = element("pre", { class: block.mono ? "mono" : "" });
  const long = block.text.length > FOLD + 200;
  body.append(long ? `${block.text.slice(0, FOLD)}…` : block.text === "" ? "(empty)" : block.text);
  if (block.text === "") body.classList.add("empty");
  if (!long) return body;
  const more = element("button", { type: "button", class: "more" }, `Show all ${block.text.length.toLocaleString("en")} characters`);
  more.addEventListener("click", () => {
    body.textContent = block.text;
    more.remove();
  });
  return element("div", {}, body, more);
}
