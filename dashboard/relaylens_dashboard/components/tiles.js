// Draws the headline numbers with how each moved.
export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.querySelector(".host");
  host.replaceChildren();
  const tiles = element("div", { class: "tiles" });
  host.append(tiles);
  const say = noteFor(host);
  for (const tile of data.tiles) {
    const change = element("div", { class: "change" }, tile.change ? element("b", {}, tile.change) : null, tile.change ? " " : "", element("span", { class: "quiet" }, tile.basis));
    if (tile.colour) change.firstChild.style.color = tile.colour;
    const value = element("div", { class: "value" }, tile.value);
    if (tile.hue) value.style.color = `color-mix(in srgb, ${tile.hue} 80%, var(--st-text-color))`;
    const parts = [element("div", { class: "title" }, tile.title), value, change];
    const node = tile.link ? link(tile.link, { class: "tile opens" }, parts) : element("div", { class: "tile" }, parts);
    tiles.append(say(node, tile.says));
  }
  // Rows of the same length: none is left with one tile alone.
  return atEveryWidth(host, (width) => {
    const fitting = Math.max(Math.floor((width + 8) / 132), 1);
    const rows = Math.ceil(data.tiles.length / fitting);
    tiles.style.gridTemplateColumns = `repeat(${Math.ceil(data.tiles.length / rows)}, minmax(0, 1fr))`;
  });
}
