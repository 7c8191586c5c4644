// A small drawing for each product, on a field of 120 by 90. Colours are those of the style sheet.

const A = 'var(--a)', B = 'var(--b)', C = 'var(--c)', D = 'var(--d)';
const path = (d, fill) => `<path d="${d}" fill="${fill}"/>`;
const line = (d, stroke, width = 3) =>
  `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
const disc = (x, y, r, fill) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`;
const slab = (x, y, w, h, fill, r = 3) => `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="${r}" fill="${fill}"/>`;

const SHAPES = {
  'KET-GRY': path('M42 40h36l6 32H36z', B) + line('M38 60c-14-2-10-24-18-26', B, 4) + line('M84 64c16-6 14-26-4-22', A, 4) + disc(60, 36, 4, C),
  'GRN-BLK': slab(48, 34, 24, 42, B) + slab(50, 22, 20, 10, D) + line('M60 22v-6h22', A, 4) + disc(84, 16, 4, A),
  'DRP-WHT': path('M34 28h52L66 60H54z', D) + slab(46, 60, 28, 5, B) + slab(50, 67, 20, 10, C) + line('M86 32c10 0 10 14-2 14', D, 4),
  'FLT-100': path('M34 26h44L60 72z', C) + path('M44 22h44L70 68z', D) + line('M66 30v30', A, 2),
  'SCL-BLK': slab(28, 46, 64, 22, B, 5) + slab(36, 52, 22, 10, C, 2) + disc(80, 57, 4, A) + slab(36, 38, 48, 6, D),
  'LMP-OAK': line('M50 72h24M62 72L50 44l22-20', C, 4) + path('M64 16l22 14-8 12-22-14z', B) + disc(50, 44, 4, A),
  'BLK-WOL': slab(30, 30, 60, 14, A, 6) + slab(30, 44, 60, 14, C, 6) + slab(30, 58, 60, 14, D, 6) + line('M84 72v6M76 72v6M68 72v6', D, 2),
  'VAS-BLU': path('M52 18h16v10c14 8 16 34-2 46H54c-18-12-16-38-2-46z', B) + line('M46 48c9 4 19 4 28 0', C, 3),
  'CND-CED': slab(42, 38, 36, 36, C, 4) + slab(42, 50, 36, 12, A, 0) + line('M60 38v-6', B, 3) + path('M60 14c8 10 4 16 0 18-4-2-8-8 0-18z', A),
  'BKP-20L': path('M38 36c0-24 44-24 44 0v40H38z', B) + slab(46, 52, 28, 18, D, 4) + line('M52 18c0-8 16-8 16 0', A, 4) + line('M46 40h28', C, 3),
  'BTL-750': slab(48, 30, 24, 48, D, 6) + slab(53, 18, 14, 12, B, 2) + slab(48, 44, 24, 10, A, 0),
  'ORG-SML': slab(32, 30, 56, 40, B, 8) + line('M40 44h18M40 54h26', C, 3) + line('M70 40c12 2 12 20 0 22', A, 3),
  'NTB-A5D': slab(38, 18, 44, 58, A, 4) + slab(38, 18, 8, 58, B, 2) + [0, 1, 2, 3].map((i) => disc(56 + 7 * (i % 2), 36 + 8 * i, 1.5, C)).join('') + line('M72 18v58', C, 2),
  'PEN-FIN': [A, B, C, D].map((fill, i) => slab(38 + 12 * i, 24, 7, 40, fill, 2) + path(`M${38 + 12 * i} 64h7l-3.5 10z`, fill)).join(''),
  'MAT-GRY': path('M22 36h70l10 34H12z', D) + slab(42, 44, 30, 12, B, 2) + disc(86, 54, 5, C),
  'STD-ALU': line('M30 72h44L92 34', D, 5) + line('M46 72l24-30', B, 5) + slab(40, 28, 52, 5, A, 2),
};

/** The picture of a product as SVG text. */
export function drawing(product) {
  const shapes = SHAPES[product.sku] ?? slab(40, 30, 40, 40, D, 8);
  return `<svg viewBox="0 0 120 90" role="img" aria-label="${product.name}">${shapes}</svg>`;
}
