// Draws rows: text, numbers, chips, bars. Sorting and paging are questions to the store, so a click opens the address that asks them.
export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.querySelector(".host");
  host.classList.add("table");
  host.replaceChildren();
  const say = noteFor(host);
  const head = element("tr", {}, data.columns.map((column) => header(column, data.sort, say)));
  const rows = data.rows.map((row) => {
    const line = element("tr", { class: [row.link ? "open" : "", row.marked ? "marked" : ""].join(" ") });
    row.cells.forEach((cell, place) => line.append(cellOf(cell, data.columns[place], place === 0 ? row.link : null, say)));
    if (row.link) {
      line.addEventListener("click", (event) => {
        const selecting = String(document.getSelection()) !== "";
        if (!event.defaultPrevented && !selecting && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) openView(row.link);
      });
    }
    return line;
  });
  const widths = element("colgroup", {}, data.columns.map((column) => {
    const one = element("col");
    if (column.width) one.style.width = column.width;
    return one;
  }));
  host.prepend(element("table", { "aria-label": data.says }, widths, data.headless ? null : element("thead", {}, head), element("tbody", {}, rows)));
}

function header(column, sort, say) {
  const cell = element("th", { class: column.right ? "right" : null, scope: "col" });
  if (column.sort) {
    const here = sort && sort.by === column.sort;
    cell.setAttribute("aria-sort", here ? (sort.descending ? "descending" : "ascending") : "none");
    cell.append(link(column.link, {}, column.title, here ? (sort.descending ? " ↓" : " ↑") : ""));
  } else {
    cell.append(column.title);
  }
  return say(cell, column.says);
}

function cellOf(cell, column, address, say) {
  const held = typeof cell === "object" && cell !== null ? cell : { text: cell };
  const node = element("td", { class: [column.right ? "right" : "", column.nowrap ? "nowrap" : "", column.elastic ? "elastic" : ""].join(" ") });
  if (held.indent) node.style.paddingLeft = `${held.indent * 14}px`;
  const content = contentOf(held, say);
  // Letters may break anywhere; so that a column does not shrink to two of them, it keeps room for a word or two.
  const roomFor = (one, text) => {
    if (!column.right) one.style.minWidth = `${Math.min(String(text).length, 20) * 5.5}px`;
    return one;
  };
  if (content.classList.contains("line")) roomFor(content, held.text);
  node.append(address ? link(address, {}, content) : content);
  if (held.under) node.append(roomFor(element("div", { class: "under" }, held.under), held.under));
  return say(node, held.says ?? (String(held.under ?? "").length > 30 ? held.under : null));
}

function contentOf(held, say) {
  if (held.chip) {
    const chip = element("span", { class: "chip" }, held.text);
    chip.style.setProperty("--hue", held.chip);
    return chip;
  }
  if ("share" in held) return rate(held);
  if (held.bars) return bars(held.bars);
  if (held.stack) return stack(held.stack, say);
  if (held.code) return element("pre", {}, held.text);
  return element("div", { class: `line${held.quiet ? " quiet" : ""}${held.mono ? " mono" : ""}` }, held.text);
}

function rate(held) {
  const bar = element("div", { class: "bar" });
  if (held.share !== null) {
    const fill = element("i");
    fill.style.width = `${held.share * 100}%`;
    fill.style.background = held.colour;
    bar.append(fill);
    if (held.low !== null && held.low !== undefined) {
      const whisker = element("b");
      whisker.style.left = `${held.low * 100}%`;
      whisker.style.width = `${(held.high - held.low) * 100}%`;
      bar.append(whisker);
    }
  }
  return element("div", { class: "rate" }, element("span", {}, held.text), bar);
}

function stack(parts, say) {
  return element("div", { class: "stack" }, parts.map((part) => {
    const piece = element("i");
    piece.style.width = `${part.share * 100}%`;
    piece.style.background = part.colour;
    return say(piece, part.says);
  }));
}

function bars(counts) {
  const most = Math.max(...counts, 1);
  return element("div", { class: "bars" }, counts.map((count) => {
    const bar = element("i", { class: count ? null : "none" });
    if (count) bar.style.height = `${Math.max((count / most) * 100, 15)}%`;
    return bar;
  }));
}
