// Draws what colours mean.
export default function (component) {
  const host = component.parentElement.querySelector(".host");
  host.replaceChildren(element("div", { class: "legend" }, component.data.entries.map((entry) => {
    const swatch = element("i");
    swatch.style.background = entry.colour;
    return element("span", {}, entry.colour ? swatch : null, entry.says);
  })));
}
