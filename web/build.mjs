// Builds the looks of the site into one folder: a style sheet, two fonts, the scripts of two pages.
//
// KERN's style sheet weighs 340 KB; a page uses a few components of it. So it is reduced to the classes that stand in
// the templates and to the variables these use, and put into a cascade layer of its own: what the site says itself
// (src/ozg_lod/static/site.css, which also works alone) comes after it and wins.

import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { build, transform } from "esbuild";
import postcss from "postcss";
import subsetFont from "subset-font";

const here = import.meta.dirname;
const source = path.join(here, "..", "src", "ozg_lod");
const target = path.resolve(process.argv[2] ?? path.join(source, "static", "built"));
const kern = path.join(here, "node_modules", "@kern-ux", "native");

const WEIGHTS = { 400: "Regular", 600: "SemiBold" };
const LETTERS = [[0x20, 0x7e], [0xa0, 0xff], [0x152, 0x153], [0x2013, 0x2014], [0x2018, 0x201e]];
// Small capitals and the like would bring letters along that no page sets; tnum is for the columns of figures.
const FEATURES = ["ccmp", "kern", "liga", "locl", "mark", "tnum"];
const SIGNS = "•…‹›€™−×→←↗↑↓✓ẞ\u2009\u2011\u202f";

/** Returns the names of the KERN classes that templates and scripts use. */
async function usedClasses() {
  const folders = [path.join(source, "templates"), path.join(here, "src")];
  const used = new Set();
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      const text = await readFile(path.join(folder, name), "utf8");
      for (const [found] of text.matchAll(/kern-[a-z0-9_-]+/g)) used.add(found);
    }
  }
  return used;
}

/** Tells whether a selector can match: all its classes are used, or it only carries variables. */
function canMatch(selector, used) {
  if (selector === ":root" || selector.startsWith(":is(body")) return true;
  const classes = [...selector.replace(/:not\([^)]*\)/g, "").matchAll(/\.(kern-[a-z0-9_-]+)/g)];
  return classes.length > 0 && classes.every(([, name]) => used.has(name));
}

/** Removes rules that cannot match, then the at-rules left empty. */
function reduceRules(sheet, used) {
  sheet.walkComments((comment) => void comment.remove());
  sheet.walkRules((rule) => {
    if (rule.parent.name === "keyframes") return;
    const kept = rule.selectors.filter((selector) => canMatch(selector, used));
    if (kept.length === 0) rule.remove();
    else rule.selectors = kept;
  });
  sheet.walkAtRules((rule) => {
    if (rule.name === "charset" || rule.name === "keyframes" || rule.nodes?.length === 0) rule.remove();
  });
}

/** Removes variables nothing refers to, until none is left: one variable may be the last to use another. */
function reduceVariables(sheet, alsoUsedIn) {
  for (let removed = 1; removed > 0; ) {
    removed = 0;
    const used = new Set([...`${sheet} ${alsoUsedIn}`.matchAll(/var\(\s*(--[\w-]+)/g)].map(([, name]) => name));
    sheet.walkDecls(/^--/, (declaration) => {
      if (used.has(declaration.prop)) return;
      declaration.remove();
      removed += 1;
    });
  }
  sheet.walkRules((rule) => void (rule.nodes.length === 0 && rule.remove()));
  sheet.walkAtRules((rule) => void (rule.nodes?.length === 0 && rule.remove()));
}

async function styles() {
  const own = await readFile(path.join(source, "static", "site.css"), "utf8");
  const sheet = postcss.parse(await readFile(path.join(kern, "dist", "kern.css"), "utf8"));
  reduceRules(sheet, await usedClasses());
  reduceVariables(sheet, own);
  const faces = Object.keys(WEIGHTS).map(
    (weight) =>
      `@font-face { font-family: "Fira Sans"; font-weight: ${weight}; font-display: swap; src: url("fira-${weight}.woff2") format("woff2"); }`,
  );
  const whole = `@layer plain, kern;\n${faces.join("\n")}\n@layer kern {\n${sheet}\n}\n${own}`;
  const { code } = await transform(whole, { loader: "css", minify: true, target: ["chrome111", "firefox113", "safari16.4"] });
  const notice = "/* Contains parts of @kern-ux/native 2.7.2, EUPL-1.2, see kern-licence.txt */\n";
  await writeFile(path.join(target, "site.css"), notice + code);
}

async function fonts() {
  const text = LETTERS.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, n) => first + n));
  for (const [weight, cut] of Object.entries(WEIGHTS)) {
    const whole = await readFile(path.join(kern, "dist", "fonts", "fira-sans", `FiraSans-${cut}.woff2`));
    const part = await subsetFont(whole, String.fromCodePoint(...text) + SIGNS, {
      targetFormat: "woff2",
      keepFeatures: FEATURES,
    });
    await writeFile(path.join(target, `fira-${weight}.woff2`), part);
  }
}

async function scripts() {
  await build({
    entryPoints: ["editor.js", "check.js"].map((name) => path.join(here, "src", name)),
    outdir: target,
    bundle: true,
    minify: true,
    format: "esm",
    splitting: true,
    chunkNames: "[name]-[hash]",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
  });
}

async function licences() {
  const names = ["@kern-ux/native/LICENSE.md", "@codemirror/view/LICENSE"];
  const texts = await Promise.all(names.map((name) => readFile(path.join(here, "node_modules", name), "utf8")));
  const open = await readFile(path.join(here, "..", "LICENSES", "OFL-1.1.txt"), "utf8");
  const fira = "Fira Sans (cut down to the characters needed): Copyright 2012-2015 The Mozilla Foundation and Telefonica S.A.";
  await writeFile(path.join(target, "kern-licence.txt"), `@kern-ux/native\n\n${texts[0]}\n\n${fira}\n\n${open}`);
  await writeFile(path.join(target, "codemirror-licence.txt"), `CodeMirror\n\n${texts[1]}`);
}

await mkdir(target, { recursive: true });
await Promise.all([styles(), fonts(), scripts(), licences()]);
