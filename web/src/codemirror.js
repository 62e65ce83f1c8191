// Turns the labelled textarea of the query page into an editor. Without this the form works as it stands.
//
// The editor lives in a shadow root: there CodeMirror adds its styles as constructed style sheets, which a content
// security policy without 'unsafe-inline' allows; in the document it would add a <style> element, which it does not.

import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { sparql } from "@codemirror/legacy-modes/mode/sparql";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const MOST_OPTIONS = 60;

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--code-keyword)", fontWeight: "600" },
  { tag: tags.comment, color: "var(--soft)" },
  { tag: [tags.string, tags.number, tags.bool, tags.literal], color: "var(--code-value)" },
  { tag: [tags.variableName, tags.special(tags.variableName)], color: "var(--code-variable)" },
  { tag: [tags.atom, tags.link, tags.url, tags.labelName, tags.namespace], color: "var(--code-name)" },
]);

const looks = EditorView.theme({
  "&": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--edge)", borderRadius: "4px", fontSize: "0.95rem" },
  "&.cm-focused": { outline: "3px solid var(--focus)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", minHeight: "10rem", maxHeight: "38rem", overflow: "auto" },
  ".cm-content": { caretColor: "var(--ink)", padding: "0.6rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--soft)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  ".cm-activeLineGutter": { color: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent)" },
  ".cm-tooltip": { backgroundColor: "var(--paper)", color: "var(--ink)", border: "1px solid var(--edge)", borderRadius: "4px" },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16rem" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.2rem 0.6rem" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontFamily: "var(--sans)", fontStyle: "normal", opacity: "1", color: "var(--soft)" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-lintRange-error": { backgroundImage: "none", borderBottom: "3px double var(--bad)", backgroundColor: "var(--bad-ground)" },
  ".cm-diagnostic": { fontFamily: "var(--sans)", padding: "0.4rem 0.7rem" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
});

/** Returns the words to propose, fetched once, when the editor is first used. */
function wordsFrom(address) {
  let words;
  return () => (words ??= fetch(address).then((answer) => answer.json()).catch(() => ({ prefixes: {}, terms: [] })));
}

/** Returns a proposal that also declares the prefix of its name where the query does not. */
function proposal({ name, label, type }, prefixes) {
  const prefix = name.slice(0, name.indexOf(":"));
  const apply = (view, _completion, from, to) => {
    const text = view.state.doc.toString();
    const declared = new RegExp(`prefix\\s+${prefix}:`, "i").test(text);
    const line = declared || !prefixes[prefix] ? "" : `PREFIX ${prefix}: <${prefixes[prefix]}>\n`;
    const changes = [{ from, to, insert: name }, ...(line ? [{ from: 0, insert: line }] : [])];
    view.dispatch({ changes, selection: { anchor: from + name.length + line.length }, userEvent: "input.complete" });
  };
  return { label: name, detail: label, type, apply };
}

function propose(words) {
  return async (context) => {
    const word = context.matchBefore(/[A-Za-zÄÖÜäöüß][\wäöüß-]*:?[\wäöüß-]*/);
    if ((!word && !context.explicit) || context.matchBefore(/<[^>\s]*/)) return null;
    const typed = (word?.text ?? "").toLowerCase();
    if (typed.length < 2 && !context.explicit) return null;
    const { prefixes, terms } = await words();
    const fits = ({ name, label }) => name.toLowerCase().includes(typed) || label.toLowerCase().includes(typed);
    const options = terms.filter(fits).slice(0, MOST_OPTIONS).map((term) => proposal(term, prefixes));
    return options.length ? { from: word ? word.from : context.pos, options, filter: false } : null;
  };
}

/** Returns where the server saw the error, as a diagnostic; none without one. */
function diagnostics(state, { line, column, message }) {
  if (!line || line > state.doc.lines) return [];
  const at = state.doc.line(line);
  const from = Math.min(at.from + Math.max(column - 1, 0), at.to);
  const word = /^[^\s{}();,]+/.exec(state.doc.sliceString(from, at.to))?.[0].length ?? 1;
  return [{ from: Math.min(from, at.to), to: Math.min(from + word, at.to), severity: "error", message }];
}

export function install(textarea) {
  const host = document.createElement("div");
  host.className = "editor-host";
  textarea.before(host);
  const root = host.attachShadow({ mode: "open" });
  const label = document.querySelector(`label[for="${textarea.id}"]`);
  const run = () => (textarea.form.requestSubmit(), true);
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        keymap.of([{ key: "Mod-Enter", run }]),
        lineNumbers(),
        lintGutter(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        bracketMatching(),
        StreamLanguage.define(sparql),
        syntaxHighlighting(colours),
        looks,
        EditorView.lineWrapping,
        autocompletion({ override: [propose(wordsFrom(textarea.dataset.completion))], icons: false }),
        keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({
          tabindex: "0",
          "aria-label": label.textContent.trim(),
          "aria-description": document.getElementById("query-help")?.textContent.trim() ?? "",
          ...(textarea.getAttribute("aria-invalid") ? { "aria-invalid": "true" } : {}),
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) textarea.value = update.state.doc.toString();
        }),
      ],
    }),
  });
  const { errorLine, errorColumn, errorMessage } = textarea.dataset;
  const found = diagnostics(view.state, { line: Number(errorLine), column: Number(errorColumn), message: errorMessage });
  if (found.length) view.dispatch(setDiagnostics(view.state, found));
  label.addEventListener("click", () => view.focus());
  textarea.form.addEventListener("formdata", (event) => event.formData.set(textarea.name, view.state.doc.toString()));
  if (document.activeElement === textarea) {
    view.dispatch({ selection: { anchor: textarea.selectionStart, head: textarea.selectionEnd } });
    view.focus();
  }
  textarea.hidden = true;
}
