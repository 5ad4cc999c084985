// The what-if form: sliders, number boxes and a margin in, money, certainty and small charts out.
"use strict";
const whatif = (form, content) => {
  const { money, percent, price, ratio, chance } = formatting;
  const { quantile } = whatifModel;
  const model = whatifModel(content);
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const inMoney = (amount, signed) => money(amount, content.unit, signed);
  const inOutcome = (amount, signed) => money(amount, content.outcome_unit, signed);
  const inUnitCost = (amount) => price(amount, content.unit);
  const isPoint = model.draws === 1;
  const tail = (1 - content.interval) / 2;
  const VERDICTS = {
    "pays back": "next unit pays back",
    open: "next unit may or may not pay back",
    "does not pay back": "next unit does not pay back",
    "not known": "next unit not known (grade D)",
    "not bought": "not bought",
  };

  // State: a factor per channel, exact as stored; sliders and boxes only show it rounded.
  let multipliers = [...model.ones];
  let { margin } = content; // null where the value of a unit is not known
  const isMoney = margin !== null;
  const movable = model.channels.map((channel) => channel.spend > 0);

  const rows = [...form.querySelectorAll(".slider")].map((row) => ({
    row,
    range: row.querySelector("input[type=range]"),
    box: row.querySelector("input[type=number]"),
    change: row.querySelector(".slider-change"),
    warning: row.querySelector(".slider-warning"),
    verdict: row.querySelector(".slider-verdict"),
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

  const showResult = ({ change, profit, cost, spend, roi, unitCost }) => {
    const signed = (amount) => inOutcome(amount, true);
    const middle = quantile(change, 0.5);
    const gain = signed(quantile(profit, 0.5));
    const isJudged = isMoney || cost === 0;
    const sure = isJudged ? profit.filter((amount) => amount > 0).length / profit.length : NaN;
    const isToday = change.every((amount) => amount === 0);
    const name = percent(content.interval);
    const certainty = isPoint || isToday ? "" : `${name}: ${interval(profit, signed)}`;
    say("profit", gain);
    say("interval", certainty);
    say("change", signed(middle));
    say("change-interval", isPoint || isToday ? "" : interval(change, signed));
    say("percent", percent(middle / content.revenue, { signed: true, digits: 1 }));
    say("spend", inMoney(spend));
    say("cost", inMoney(cost, true));
    const [returned, write] = isMoney ? [roi, ratio] : [unitCost, inUnitCost];
    say("roi", write(quantile(returned, 0.5)));
    say("roi-interval", isPoint || !(spend > 0) ? "" : interval(returned, write));
    if (!isPoint) say("chance", isToday ? "–" : chance(sure));
    say("after-cost", afterCost());
    const said = `${gain}${certainty && `, ${certainty}`}`;
    return isMoney ? `After its cost ${said}` : `${said} ${content.outcome}`;
  };

  const afterCost = () => {
    if (!isMoney) return content.outcome;
    return margin === 1 ? "after its cost" : `after its cost, at a margin of ${percent(margin)}`;
  };

  // What a margin changes: where break-even lies, and on which side of it each channel is.
  const margins = part("margin");
  const showMargin = () => {
    if (!margins) return "";
    const verdicts = model.channels.map((channel) => model.verdict(channel, margin));
    margins.setAttribute("aria-valuetext", percent(margin));
    say("margin-value", percent(margin));
    say("break-even", ratio(1 / margin));
    rows.forEach(({ verdict }, c) => {
      verdict.textContent = VERDICTS[verdicts[c]];
      verdict.dataset.verdict = verdicts[c];
    });
    whatifCharts.returns(part("returns-chart"), model.channels, 1 / margin, ratio);
    const said = model.channels.map(({ label }, c) => `${label}: ${VERDICTS[verdicts[c]]}`);
    return `Margin ${percent(margin)}, break-even at ${ratio(1 / margin)}. ${said.join("; ")}`;
  };

  let speech = 0;
  const announce = (text) => {
    clearTimeout(speech);
    speech = setTimeout(() => say("status", text), 600);
  };

  const show = () => {
    const result = model.evaluate(multipliers, margin);
    model.channels.forEach((channel, c) => showRow(channel, c, result));
    announce(showResult(result));
    showMargin();
    whatifCharts.spend(part("spend-chart"), model.channels, multipliers, inMoney);
    const zero = isMoney ? "break-even" : "today";
    whatifCharts.draws(part("draws-chart"), result.profit, (draw) => inOutcome(draw, true), zero);
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
  margins?.addEventListener("input", () => {
    margin = Number(margins.value) / 100;
    show();
    announce(showMargin());
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
};
