// The what-if form: sliders and number boxes in, money, certainty and two small charts out.
"use strict";
const whatif = (form, content) => {
  const { money, percent, ratio, chance } = formatting;
  const { quantile } = whatifModel;
  const model = whatifModel(content);
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const inMoney = (amount, signed) => money(amount, content.unit, signed);
  const isPoint = model.draws === 1;
  const tail = (1 - content.interval) / 2;

  // State: a factor per channel, exact as stored; sliders and boxes only show it rounded.
  let multipliers = [...model.ones];
  const movable = model.channels.map((channel) => channel.spend > 0);

  const rows = [...form.querySelectorAll(".slider")].map((row) => ({
    row,
    range: row.querySelector("input[type=range]"),
    box: row.querySelector("input[type=number]"),
    change: row.querySelector(".slider-change"),
    warning: row.querySelector(".slider-warning"),
  }));
  const buttons = [...form.querySelectorAll("[data-offer]")];
  const keep = part("keep");

  const interval = (draws, write) =>
    isPoint ? "" : `${write(quantile(draws, tail))} to ${write(quantile(draws, 1 - tail))}`;
  const say = (name, text) => (part(name).textContent = text);

  const showRow = (channel, c, { beyond }) => {
    const { range, box, change, warning, row } = rows[c];
    const amount = channel.spend * multipliers[c];
    range.value = amount;
    range.setAttribute("aria-valuetext", inMoney(amount));
    row.style.setProperty("--filled", `${(100 * amount) / channel.most}%`);
    if (document.activeElement !== box) box.value = Math.round(amount);
    const share = multipliers[c] - 1;
    if (change) {
      const isSame = Math.abs(share) < 5e-4;
      change.textContent = isSame ? "unchanged" : percent(share, { signed: true });
    }
    warning.hidden = !(beyond[c] > 1 + 1e-9);
    warning.textContent = warning.hidden
      ? ""
      : `Beyond the data: ${ratio(beyond[c])} times its highest week so far`;
  };

  const showResult = ({ change, profit, cost, spend, roi }) => {
    const signed = (amount) => inMoney(amount, true);
    const middle = quantile(change, 0.5);
    const gain = signed(quantile(profit, 0.5));
    const sure = profit.filter((amount) => amount > 0).length / profit.length;
    const isToday = change.every((amount) => amount === 0);
    const name = percent(content.interval);
    const certainty = isPoint || isToday ? "" : `${name}: ${interval(profit, signed)}`;
    say("profit", gain);
    say("interval", certainty);
    say("change", signed(middle));
    say("change-interval", isPoint || isToday ? "" : interval(change, signed));
    say("percent", percent(middle / content.revenue, { signed: true, digits: 1 }));
    say("spend", inMoney(spend));
    say("cost", signed(cost));
    say("roi", ratio(quantile(roi, 0.5)));
    say("roi-interval", isPoint || !(spend > 0) ? "" : interval(roi, ratio));
    if (!isPoint) say("chance", isToday ? "–" : chance(sure));
    return `After its cost ${gain}${certainty && `, ${certainty}`}`;
  };

  let speech = 0;
  const announce = (text) => {
    clearTimeout(speech);
    speech = setTimeout(() => say("status", text), 600);
  };

  const show = () => {
    const result = model.evaluate(multipliers);
    model.channels.forEach((channel, c) => showRow(channel, c, result));
    announce(showResult(result));
    whatifCharts.spend(part("spend-chart"), model.channels, multipliers, inMoney);
    whatifCharts.draws(part("draws-chart"), result.profit, (amount) => inMoney(amount, true));
    const same = (offer) => offer.every((factor, c) => factor === multipliers[c]);
    buttons.forEach((button) => {
      const offer = content.offers[button.dataset.offer]?.multipliers ?? model.ones;
      button.setAttribute("aria-pressed", String(same(offer)));
    });
  };

  // With the total kept, the other channels give or take in proportion to what they have.
  const rescaleOthers = (moved, total) => {
    const others = model.channels.map((_, c) => c).filter((c) => c !== moved && movable[c]);
    const cost = (c) => model.channels[c].spend * multipliers[c];
    const had = others.reduce((sum, c) => sum + cost(c), 0);
    const left = Math.max(total - cost(moved), 0);
    const start = others.reduce((sum, c) => sum + model.channels[c].spend, 0);
    others.forEach((c) => {
      multipliers[c] = had > 0 ? (multipliers[c] * left) / had : left / start;
    });
  };

  const move = (c, amount) => {
    const { spend } = model.channels[c];
    const total = model.spend(multipliers);
    const most = keep.checked && rows.length > 1 ? total : Infinity;
    if (!Number.isFinite(amount) || !movable[c]) return;
    multipliers[c] = Math.min(Math.max(amount, 0), most) / spend;
    if (keep.checked) rescaleOthers(c, total);
    show();
  };

  rows.forEach(({ range, box }, c) => {
    range.addEventListener("input", () => move(c, Number(range.value)));
    box.addEventListener("input", () => box.value !== "" && move(c, Number(box.value)));
    box.addEventListener("blur", show);
    range.disabled = box.disabled = !movable[c];
  });
  buttons.forEach((button) =>
    button.addEventListener("click", () => {
      multipliers = [...(content.offers[button.dataset.offer]?.multipliers ?? model.ones)];
      show();
    }),
  );
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
};
