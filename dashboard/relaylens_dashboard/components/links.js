// Draws ways to other views, as quiet buttons.
export default function (component) {
  const host = component.parentElement.querySelector(".host");
  host.replaceChildren(element("nav", { class: "links" }, component.data.links.map((one) => link(one.link, {}, one.text))));
}
