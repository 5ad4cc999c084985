// Money, shares and ratios written as mmm.formatting writes them, to the last digit.
"use strict";
const formatting = (() => {
  const SPACE = "\u00a0";
  const MINUS = "\u2212";

  // Python rounds exact ties to the even digit, toFixed rounds them up.
  const fixed = (number, digits) => {
    const scaled = number * 10 ** digits;
    const isTie = scaled % 1 === 0.5 && Number.isInteger(number * 2 ** (digits + 1));
    if (!isTie || Math.floor(scaled) % 2 === 1) return number.toFixed(digits);
    return (Math.floor(scaled) / 10 ** digits).toFixed(digits);
  };

  const short = (number) => {
    if (number === 0) return "0";
    for (const [unit, divisor] of [["", 1], ["k", 1e3], ["M", 1e6], ["B", 1e9]]) {
      const scaled = number / divisor;
      if (scaled < 999.5 || unit === "B") {
        return fixed(scaled, scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2) + unit;
      }
    }
  };

  // `unit` is {symbol, code}: a symbol stands before the number, a code behind it.
  const money = (amount, unit, signed = false) => {
    if (!Number.isFinite(amount)) return "–";
    const value = Math.abs(amount) < 0.005 ? 0 : amount;
    const sign = value < 0 ? MINUS : signed && value > 0 ? "+" : "";
    const number = short(Math.abs(value));
    return unit.symbol ? sign + unit.symbol + number : `${sign}${number}${SPACE}${unit.code}`.trim();
  };

  // What one unit costs: with two digits where that is a few cents.
  const price = (amount, unit) => {
    if (!(amount > 0 && amount < 0.0995)) return money(amount, unit);
    const number = String(Number(amount.toPrecision(2)));
    return unit.symbol ? unit.symbol + number : `${number}${SPACE}${unit.code}`.trim();
  };

  // What is written as zero has no sign.
  const withSign = (number, text, signed = false) => {
    if (!/[1-9]/.test(text)) return text;
    return (number < 0 ? MINUS : signed ? "+" : "") + text;
  };

  const percent = (share, { signed = false, digits = 0 } = {}) => {
    if (!Number.isFinite(share)) return "–";
    return withSign(share, `${fixed(Math.abs(share) * 100, digits)}${SPACE}%`, signed);
  };

  const ratio = (value) => {
    if (!Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    const text = fixed(size, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
    return withSign(value, text.replace(/\B(?=(\d{3})+$)/g, ","));
  };

  // No chance is said to be larger than draws have proven to be, as in mmm.formatting.
  const SUREST = 0.95;
  const chance = (share) => {
    if (!Number.isFinite(share)) return "–";
    if (share > SUREST) return `over ${percent(SUREST)}`;
    if (1 - share > SUREST) return `under ${percent(1 - SUREST)}`;
    return percent(share);
  };

  return { money, price, percent, ratio, chance };
})();
