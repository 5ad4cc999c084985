// Small charts in SVG: spend today against the plan, the spread of the gain, and returns.
"use strict";
const whatifCharts = (() => {
  const WIDTH = 440;
  const element = (name, attributes, text = "") => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.textContent = text;
    return made;
  };
  const draw = (svg, height, label, parts) => {
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    svg.setAttribute("aria-label", label);
    svg.replaceChildren(...parts);
  };
  const clip = (label, most = 18) =>
    label.length > most ? `${[...label].slice(0, most - 1).join("")}…` : label;

  // A bar per channel for the plan in the channel's colour; an outlined bar for today.
  const spend = (svg, channels, multipliers, write) => {
    const plan = channels.map((channel, c) => channel.spend * multipliers[c]);
    const most = Math.max(...plan, ...channels.map((channel) => channel.spend), 1);
    const left = 148;
    const scale = (WIDTH - left - 62) / most;
    const parts = channels.flatMap((channel, c) => {
      const y = 4 + c * 26;
      const end = left + Math.max(plan[c], channel.spend) * scale;
      return [
        element("text", { x: left - 8, y: y + 14, "text-anchor": "end" }, clip(channel.label)),
        element("rect", { x: left, y, width: plan[c] * scale, height: 18, fill: channel.color }),
        element("rect", {
          x: left, y, width: channel.spend * scale, height: 18, class: "today",
        }),
        element("text", { x: end + 5, y: y + 14, class: "number" }, write(plan[c])),
      ];
    });
    const said = channels.map((channel, c) =>
      `${channel.label} ${write(channel.spend)} today, ${write(plan[c])} in the plan`);
    draw(svg, 8 + channels.length * 26, `Spend: ${said.join("; ")}`, parts);
  };

  // Histogram of the gain after its cost over all draws; losses and gains in two colours around zero.
  const draws = (svg, gains, write, name) => {
    const height = 112;
    const size = gains.reduce((most, amount) => Math.max(most, Math.abs(amount)), 0);
    const low = Math.min(0, ...gains);
    const high = Math.max(0, ...gains);
    const edge = 0.06 * (high - low || 1);
    const x = (amount) => ((amount - low + edge) / (high - low + 2 * edge || 1)) * WIDTH;
    const bins = 36;
    const counts = new Array(bins).fill(0);
    const width = (high - low) / bins;
    if (size > 0) {
      gains.forEach((amount) => {
        counts[Math.min(Math.floor((amount - low) / width), bins - 1)] += 1;
      });
    }
    const tallest = Math.max(...counts, 1);
    const bars = counts.map((count, k) => {
      const start = low + k * width;
      const tall = (count / tallest) * 78;
      const kind = start + width / 2 < 0 ? "loss" : "gain";
      return element("rect", {
        x: x(start), y: 84 - tall, width: Math.max(x(start + width) - x(start) - 1, 1),
        height: tall, class: kind,
      });
    });
    const zero = x(0);
    const middle = { x: WIDTH / 2, y: 52, "text-anchor": "middle" };
    const isLeft = zero < WIDTH / 2;
    const far = Math.abs(high) > Math.abs(low) ? high : low;
    const parts = size > 0
      ? [
          ...bars,
          element("line", { x1: 0, x2: WIDTH, y1: 84.5, y2: 84.5, class: "axis" }),
          element("line", { x1: zero, x2: zero, y1: 2, y2: 92, class: "zero" }),
          element("text", { x: zero, y: 106, "text-anchor": isLeft ? "start" : "end" }, name),
          element("text", { x: x(far), y: 106, "text-anchor": far > 0 ? "end" : "start" }, write(far)),
        ]
      : [element("text", middle, "Today's plan. Move a slider.")];
    const won = gains.filter((amount) => amount > 0).length;
    const message = size > 0
      ? `${won} of ${gains.length} draws gain; from ${write(low)} to ${write(high)}`
      : "No change: this is today's plan";
    draw(svg, height, `Gain or loss in each draw: ${message}`, parts);
  };

  // An interval and a dot per channel, coloured by its side of break-even, and where that is.
  const side = ([low, , high], breakEven) => {
    if (low === null) return "open";
    return low > breakEven ? "paid back" : high < breakEven ? "did not" : "open";
  };
  const returns = (svg, channels, breakEven, write) => {
    const known = channels.filter(({ roi }) => roi);
    const most = Math.max(...known.map(({ roi }) => roi[2] ?? roi[1]), 1e-9);
    const isFar = breakEven > 1.5 * most;
    const left = 148;
    const end = WIDTH - 8;
    const x = (value) => left + (value / (1.04 * (isFar ? most : Math.max(most, breakEven)))) * (end - left);
    const foot = 10 + known.length * 26;
    const parts = known.flatMap((channel, row) => {
      const [low, middle, high] = channel.roi;
      const y = 13 + row * 26;
      const kind = side(channel.roi, breakEven).replace(" ", "-");
      return [
        element("text", { x: left - 8, y: y + 5, "text-anchor": "end" }, clip(channel.label)),
        element("line", { x1: x(low ?? middle), x2: x(high ?? middle), y1: y, y2: y, class: `reach ${kind}` }),
        element("circle", { cx: x(middle), cy: y, r: 6, class: kind }),
      ];
    });
    const text = `break-even ${write(breakEven)}${isFar ? " \u2192" : ""}`;
    const at = isFar ? end : x(breakEven);
    const isRight = isFar || at > (left + end) / 2;
    if (!isFar) parts.push(element("line", { x1: at, x2: at, y1: 2, y2: foot, class: "zero" }));
    parts.push(
      element("text", { x: at, y: foot + 14, "text-anchor": isRight ? "end" : "start" }, text),
    );
    const said = known.map(({ label, roi }) =>
      `${label} ${write(roi[1])}, ${side(roi, breakEven)}`);
    draw(svg, foot + 20, `ROI against break-even at ${write(breakEven)}: ${said.join("; ")}`, parts);
  };

  return { spend, draws, returns };
})();
