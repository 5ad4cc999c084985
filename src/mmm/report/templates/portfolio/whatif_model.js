// The model of record with its fixed draws: the same formula as mmm.decide.plan.Plan.revenue.
// revenue = sum over weeks of value * (sum_c beta_c f_c(a_c) + sum_pairs gamma f_i f_j),
// a = what other weeks leave behind + multiplier * what the window's own spend leaves behind.
// With regions, f_c(a_c) is the sum over regions of heads * effect * f_c of their media per head.
"use strict";
const whatifModel = (content) => {
  const unpack = (text) =>
    new Float64Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);

  const CURVES = {
    none: () => (level) => level,
    hill: ([half, slope]) => (level, d) =>
      1 / (1 + Math.exp(-slope[d] * (Math.log(level) - Math.log(half[d])))),
    logistic: ([half]) => (level, d) => Math.tanh((Math.log(3) / half[d] / 2) * level),
    log: ([half]) => (level, d) => Math.log1p(level / half[d]),
  };

  // Each draw has its own form of curve, by number.
  const curveOf = ({ curves, curve }) => {
    const known = curves.map(({ saturation, parameters }) =>
      CURVES[saturation](parameters.map(unpack)));
    const ofDraw = unpack(curve);
    return (level, d) => known[ofDraw[d]](level, d);
  };

  const draws = content.draws;
  const value = unpack(content.value);
  const weeks = value.length;

  // Adstock of a series that starts `lags` weeks early: shape (draws, weeks), row by row.
  const carryOver = (series, weights, lags) => {
    const levels = new Float64Array(draws * weeks);
    for (let d = 0; d < draws; d++) {
      for (let t = 0; t < weeks; t++) {
        let sum = 0;
        for (let lag = 0; lag <= lags; lag++) {
          sum += weights[d * (lags + 1) + lag] * series[t + lags - lag];
        }
        levels[d * weeks + t] = sum;
      }
    }
    return levels;
  };

  const shares = (rest, flight, curve) => (multiplier) => {
    const result = new Float64Array(draws * weeks);
    for (let d = 0, k = 0; d < draws; d++) {
      for (let t = 0; t < weeks; t++, k++) result[k] = curve(rest[k] + multiplier * flight[k], d);
    }
    return result;
  };

  // One series a region: what all of them have adstocked per draw would fill the memory of a phone.
  const sharesOfRegions = (regions, weights, lags, curve) => {
    const [heads, effect, media] = [regions.heads, regions.effect, regions.media].map(unpack);
    const inWindow = (t) => t >= lags && t < lags + content.weeks;
    return (multiplier) => {
      const result = new Float64Array(draws * weeks);
      heads.forEach((head, r) => {
        const series = media.slice(r * (lags + weeks), (r + 1) * (lags + weeks))
          .map((amount, t) => (inWindow(t) ? multiplier * amount : amount));
        const levels = carryOver(series, weights, lags);
        for (let d = 0, k = 0; d < draws; d++) {
          const size = head * effect[d * heads.length + r];
          for (let t = 0; t < weeks; t++, k++) result[k] += size * curve(levels[k], d);
        }
      });
      return result;
    };
  };

  const sharesOf = ({ regions, outside, inside, lags, ...channel }) => {
    const [weights, curve] = [unpack(channel.weights), curveOf(channel)];
    if (regions) return sharesOfRegions(regions, weights, lags, curve);
    const [rest, flight] = [outside, inside].map((text) => carryOver(unpack(text), weights, lags));
    return shares(rest, flight, curve);
  };

  const channels = content.channels.map((channel) => ({
    ...channel,
    beta: unpack(channel.beta),
    mroi: unpack(channel.mroi),
    shares: sharesOf(channel),
  }));
  const pairs = content.pairs.map((pair) => ({ ...pair, gamma: unpack(pair.gamma) }));

  // Per draw, the size times the value of the weeks, of one curve or of the product of two.
  const worth = (size, first, second) => {
    const result = new Float64Array(draws);
    for (let d = 0, k = 0; d < draws; d++) {
      let sum = 0;
      for (let t = 0; t < weeks; t++, k++) {
        sum += value[t] * (second ? first[k] * second[k] : first[k]);
      }
      result[d] = size[d] * sum;
    }
    return result;
  };

  // What was computed last, so that moving one slider recomputes one channel and its pairs.
  const last = channels.map(() => ({ multiplier: NaN }));
  const joint = pairs.map(() => null);

  const revenue = (multipliers) => {
    const changed = channels.map((channel, c) => {
      if (last[c].multiplier === multipliers[c]) return false;
      const curve = channel.shares(multipliers[c]);
      last[c] = { multiplier: multipliers[c], curve, worth: worth(channel.beta, curve) };
      return true;
    });
    pairs.forEach(({ channels: [i, j], gamma }, p) => {
      if (changed[i] || changed[j]) joint[p] = worth(gamma, last[i].curve, last[j].curve);
    });
    const total = new Float64Array(draws);
    for (const part of [...last.map((entry) => entry.worth), ...joint]) {
      for (let d = 0; d < draws; d++) total[d] += part[d];
    }
    return total;
  };

  const ones = channels.map(() => 1);
  const nothing = revenue(channels.map(() => 0));
  const today = revenue(ones);
  const spend = (multipliers) =>
    channels.reduce((sum, channel, c) => sum + channel.spend * multipliers[c], 0);

  // Everything the page shows about a plan; arrays hold one number per draw.
  // Without a margin no profit is known: then it is the change itself, in units.
  const evaluate = (multipliers, margin) => {
    const plan = revenue(multipliers);
    const cost = channels.reduce((sum, { spend: now }, c) => sum + now * (multipliers[c] - 1), 0);
    const total = spend(multipliers);
    const change = plan.map((amount, d) => amount - today[d]);
    const paid = Math.abs(cost) < 1e-6 * spend(ones) ? 0 : cost;
    return {
      change,
      cost: paid,
      profit: margin === null ? change : change.map((amount) => amount * margin - paid),
      roi: plan.map((amount, d) => (total > 0 ? (amount - nothing[d]) / total : NaN)),
      unitCost: plan.map((amount, d) => (total > 0 ? total / (amount - nothing[d]) : NaN)),
      spend: total,
      beyond: channels.map(({ highest, seen }, c) => (highest * multipliers[c]) / (seen || 1)),
    };
  };

  // On which side of break-even a channel's next unit of spend is at a margin, as in
  // mmm.decide.recommend: by the share of the draws, or by how far off a best guess is.
  const SURE = 0.9;
  const verdict = ({ spend: now, mroi, grade }, margin) => {
    if (!(now > 0)) return "not bought";
    if (grade === "D") return "not known";
    if (draws === 1) return whatifModel.verdictOfGuess(mroi[0] * margin);
    const chance = mroi.filter((draw) => draw * margin > 1).length / mroi.length;
    return chance >= SURE ? "pays back" : chance <= 1 - SURE ? "does not pay back" : "open";
  };

  return { channels, draws, ones, evaluate, spend, verdict };
};

whatifModel.verdictOfGuess = (profit) => {
  const [PAYS, LOSES, SHRUNK] = [1.4, 0.7, 0.05];
  if (profit > PAYS) return "pays back";
  return SHRUNK < profit && profit < LOSES ? "does not pay back" : "open";
};

// Quantiles as NumPy takes them: linear between the neighbouring order statistics.
whatifModel.quantile = (numbers, share) => {
  const sorted = Float64Array.from(numbers).sort();
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
};
