// Draws a run: a lane for each agent, calls as blocks, arrows for handoffs; where everything stands was decided in Python (charts/lanes.py).
export default function (component) {
  const { data, parentElement } = component;
  const host = parentElement.querySelector(".host");
  host.classList.add("lanes");
  const least = data.arrows.length ? 620 : 360; // below that, the reasons of neighbouring handoffs lie on each other
  return atEveryWidth(host, (width) => drawLanes(host, data, Math.max(width, least)));
}

function drawLanes(host, data, width) {
  host.replaceChildren();
  const say = noteFor(host);
  const margin = Math.min(150, Math.max(90, width * 0.13));
  const inner = width - margin - 26;
  const x = (share) => margin + share * inner;
  const svg = shape("svg", { width, height: data.height, viewBox: `0 0 ${width} ${data.height}`, role: "group", "aria-label": data.says });
  svg.append(
    ...data.gaps.map((gap) => gapShape(gap, x, data)),
    ...data.ticks.map((tick) => tickShape(tick, x, data)),
    ...data.lanes.map((lane) => laneShape(lane, width, margin)),
    ...data.turns.map((turn) => say(turnShape(turn, x), turn.says)),
    ...data.questions.map((question) => say(questionShape(question, x), question.says)),
    ...data.blocks.map((block) => say(blockShape(block, x, block.id === data.selected), block.says)),
    ...data.arrows.map((arrow) => say(arrowShape(arrow, x, arrow.id === data.selected), arrow.says)),
    ...data.pins.map((pin) => say(pinShape(pin, x, pin.id === data.selected), pin.says)),
  );
  host.prepend(element("div", { class: "scrolls" }, svg));
  host.append(element("div", { class: "legend" }, data.legend.map((entry) => {
    const swatch = element("i");
    swatch.style.background = entry.colour;
    return element("span", {}, swatch, entry.says);
  })));
}

function gapShape(gap, x, data) {
  const middle = (x(gap.left) + x(gap.right)) / 2;
  const fits = x(gap.right) - x(gap.left) > gap.text.length * 6.2;
  return shape("g", { class: "gap" },
    shape("rect", { x: x(gap.left), y: 18, width: Math.max(x(gap.right) - x(gap.left), 2), height: data.height - 42 }),
    fits ? shape("text", { x: middle, y: 12, "text-anchor": "middle" }, gap.text) : null);
}

function tickShape(tick, x, data) {
  return shape("g", { class: "tick" },
    shape("line", { x1: x(tick.x), x2: x(tick.x), y1: 18, y2: data.height - 24 }),
    shape("text", { x: x(tick.x), y: data.height - 9, "text-anchor": tick.x > 0.96 ? "end" : "middle" }, tick.text));
}

function laneShape(lane, width, margin) {
  return shape("g", { class: lane.person ? "lane person" : "lane" },
    shape("rect", { x: margin - 4, y: lane.top - 3, width: width - margin - 18, height: lane.height + 6, rx: 4 }),
    shape("text", { x: 0, y: lane.top + lane.height / 2 + 4 }, shortened(lane.shown, Math.floor(margin / 7.4))));
}

function turnShape(turn, x) {
  const wide = Math.max(x(turn.right) - x(turn.left), 4);
  return shape("g", { class: "turn" },
    shape("rect", { x: x(turn.left), y: turn.y - 11, width: wide, height: 22, rx: 4, fill: turn.colour, "fill-opacity": 0.14, stroke: turn.colour, "stroke-opacity": 0.55 }));
}

function blockShape(block, x, selected) {
  const wide = Math.max(x(block.right) - x(block.left), 3);
  const group = shapeLink(block.link, { class: `block${selected ? " selected" : ""}`, "aria-label": block.says },
    shape("rect", { x: x(block.left), y: block.y - 7, width: wide, height: 14, rx: 2.5, fill: block.colour }));
  if (block.failed) {
    group.append(shape("path", { class: "failed", d: `M${x(block.left)} ${block.y - 8}h${wide}M${x(block.left)} ${block.y + 8}h${wide}` }));
  }
  const letters = Math.floor((wide - 8) / 6.2);
  if (letters >= 4) group.append(shape("text", { x: x(block.left) + 4, y: block.y + 3.5 }, shortened(block.name, letters)));
  return group;
}

function arrowShape(arrow, x, selected) {
  const [x0, y0] = [x(arrow.from[0]), arrow.from[1]];
  const [x1, y1] = [x(arrow.to[0]), arrow.to[1]];
  const down = y1 >= y0 ? 1 : -1;
  const start = y0 + down * 11;
  const end = y1 - down * 13;
  const lean = Math.max((end - start) * down * 0.4, 8) * down;
  const line = `M${x0} ${start}C${x0} ${start + lean} ${x1} ${end - lean} ${x1} ${end}`;
  const group = shapeLink(arrow.link, { class: `arrow${arrow.back ? " back" : ""}${selected ? " selected" : ""}`, "aria-label": arrow.says },
    shape("path", { class: "line", d: line, stroke: arrow.colour }),
    shape("path", { class: "reach", d: line }));
  if (arrow.arrives) {
    group.append(shape("polygon", { points: `${x1 - 4},${end - down * 6} ${x1 + 4},${end - down * 6} ${x1},${end + down}`, fill: arrow.colour }));
  } else {
    group.append(shape("path", { class: "cross", d: `M${x1 - 4} ${end - 4}l8 8m0 -8l-8 8`, stroke: arrow.colour }));
  }
  if (arrow.reason) group.append(shape("text", { class: "reason", x: x1 + 8, y: (start + end) / 2 + 4 }, arrow.reason));
  return group;
}

function questionShape(question, x) {
  const wide = Math.max(x(question.right) - x(question.left), 6);
  const left = x(question.left);
  const group = shapeLink(question.link, { class: "question", "aria-label": question.says },
    shape("path", { class: "asks", d: `M${left} ${question.from + 11}V${question.y - 11}`, stroke: question.colour }),
    shape("rect", {
      x: left, y: question.y - 9, width: wide, height: 18, rx: 4, fill: question.colour, "fill-opacity": 0.22, stroke: question.colour,
      "stroke-dasharray": question.open ? "4 3" : null,
    }));
  if (!question.open) group.append(shape("path", { class: "asks", d: `M${left + wide} ${question.y - 11}V${question.from + 14}`, stroke: question.colour }));
  const text = shortened(question.text, Math.max(Math.floor(wide / 6.4), 9));
  const fits = left + 5 + text.length * 6.4 <= x(1) + 26; // up to the edge of the drawing; else it stands before the block
  group.append(shape("text", { x: fits ? left + 5 : left - 5, y: question.y + 4, "text-anchor": fits ? "start" : "end" }, text));
  return group;
}

function pinShape(pin, x, selected) {
  const at = x(pin.x) + pin.beside * 15;
  return shapeLink(pin.link, { class: `pin${selected ? " selected" : ""}`, "aria-label": pin.says },
    shape("path", { d: `M${at} ${pin.y + 3}l-6 -7a8 8 0 1 1 12 0z`, fill: pin.colour }),
    shape("text", { x: at, y: pin.y - 4.5, "text-anchor": "middle" }, "!"));
}
