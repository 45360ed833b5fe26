// The editor for SQL: CodeMirror in a shadow root, since the page's policy takes no <style> element and a shadow root takes
// style sheets made by script. Loaded when it is needed.

import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, type CompletionContext, type CompletionResult, type CompletionSource } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { keywordCompletionSource, SQLDialect, sql } from '@codemirror/lang-sql'
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState, type Extension, Prec } from '@codemirror/state'
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { sqlName } from '../lib/dataset-code.ts'
import { partsOf, tablesIn } from '../lib/sql-context.ts'

export interface Known {
  /** Names of datasets, with what is said of them. */
  datasets: () => readonly { name: string; comment: string }[]
  /** Columns of a dataset, asked for when a query names it. */
  columns: (dataset: string) => Promise<readonly { path: string; type: string; doc: string }[]>
}

interface EditorOptions {
  text: string
  known: Known
  onChange: (text: string) => void
  onRun: () => void
}

export interface SqlEditor {
  text: () => string
  /** As if it had been typed, so that it can be undone. */
  replace: (text: string) => void
  insert: (text: string) => void
  focus: () => void
  destroy: () => void
}

const FUNCTIONS =
  'abs any_value approx_count_distinct approx_quantile arg_max arg_min array_agg avg bool_and bool_or ceil coalesce concat concat_ws contains corr count count_if covar_pop covar_samp date_diff date_part date_trunc dayname dense_rank entropy epoch exp first floor format greatest histogram hour isnan json_extract json_extract_string lag last last_value lead least length levenshtein list list_contains ln log lower lpad ltrim mad make_date max max_by md5 median min min_by minute mode month monthname ntile nullif percent_rank power quantile quantile_cont quarter random range rank regexp_extract regexp_matches regexp_replace replace round row_number rtrim second sha256 sign skewness split_part sqrt starts_with stddev strftime string_agg string_split strptime struct_extract substring sum time_bucket today trim try_strptime typeof unnest upper var_samp week year'
const KEYWORDS =
  'all and anti any as asc asof at between by case cast cross cube current day delete desc describe distinct else end escape except exclude exists false fetch filter first following for from full group grouping having hour ignore ilike in inner intersect interval into is isnull join last lateral left like limit minute month natural not notnull null nulls of offset on or order ordinality outer over partition pivot positional preceding qualify range recursive respect right rollup row rows sample second select semi sets similar some summarize table tablesample then ties timestamp to true unbounded union unnest unpivot using values version when where window with within year'
const TYPES = 'tinyint smallint integer bigint hugeint float double decimal varchar timestamp timestamptz date time blob boolean struct map uuid'
const DIALECT = SQLDialect.define({ keywords: KEYWORDS, builtin: FUNCTIONS, types: TYPES, doubleDollarQuotedStrings: true, operatorChars: '+-*/<>=~!@#%^&|`?' })

const COLORS = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--c-accent)', fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--c-good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--c-live)' },
  { tag: [tags.lineComment, tags.blockComment], color: 'var(--c-ink-3)', fontStyle: 'italic' },
  { tag: [tags.typeName, tags.standard(tags.name)], color: 'var(--c-series-4)' },
])

const LOOK = EditorView.theme({
  '&': { height: '100%', fontSize: '0.8125rem', color: 'var(--c-ink)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: '2px solid var(--c-focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--font-code)', lineHeight: '1.25rem' },
  '.cm-content': { caretColor: 'var(--c-ink)', padding: '0.5rem 0' },
  '.cm-cursor': { borderLeftColor: 'var(--c-ink)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--c-ink-3)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'var(--c-hover)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { background: 'var(--c-accent-soft) !important' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--c-warn-soft)' },
  '.cm-placeholder': { color: 'var(--c-ink-3)' },
  '.cm-tooltip': { backgroundColor: 'var(--c-raised)', color: 'var(--c-ink)', border: '1px solid var(--c-line)', borderRadius: '6px', boxShadow: '0 8px 28px var(--c-shadow)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-code)', maxHeight: '15rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '0.125rem 0.5rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--c-accent-soft)', color: 'var(--c-ink)' },
  '.cm-completionDetail': { color: 'var(--c-ink-3)', fontStyle: 'normal' },
  '.cm-completionInfo': { fontFamily: 'var(--font-body)', maxWidth: '20rem' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600', color: 'var(--c-accent)' },
})

export function mountSqlEditor(host: HTMLElement, { text, known, onChange, onRun }: EditorOptions): SqlEditor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  const run = (view: EditorView) => {
    closeCompletion(view)
    onRun()
    return true
  }
  const extensions: Extension[] = [
    Prec.highest(keymap.of([{ key: 'Mod-Enter', run }])),
    lineNumbers(),
    history(),
    drawSelection(),
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    sql({ dialect: DIALECT }),
    autocompletion({ override: [completeNames(known), withoutPlaces(keywordCompletionSource(DIALECT, false))], icons: false, interactionDelay: 0 }),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
    syntaxHighlighting(COLORS),
    LOOK,
    EditorView.lineWrapping,
    placeholder('select * from namespace.dataset limit 100'),
    EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false' }),
    EditorView.domEventHandlers({
      // A list that is still being made would open over what one has turned to.
      blur: (_, view) => void setTimeout(() => closeCompletion(view)),
      beforeinput: typeOverSelection,
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onChange(update.state.doc.toString())
    }),
  ]
  const view = new EditorView({ state: EditorState.create({ doc: text, extensions }), root, parent: root })
  return {
    text: () => view.state.doc.toString(),
    replace: (next) => {
      if (next !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } })
    },
    insert: (piece) => {
      view.dispatch(view.state.replaceSelection(piece))
      view.focus()
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  }
}

/** Chromium would keep the look of what is typed over by a style attribute, which the page's policy forbids and its console tells. */
function typeOverSelection(event: InputEvent, view: EditorView): boolean {
  const { main } = view.state.selection
  const { data } = event
  if (event.inputType !== 'insertText' || data === null || main.empty || view.composing || view.state.selection.ranges.length > 1) return false
  event.preventDefault()
  const insert = () => view.state.update(view.state.replaceSelection(data), { userEvent: 'input.type' })
  if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, main.from, main.to, data, insert))) view.dispatch(insert())
  return true
}

/** Behind a dot stands a name, never a keyword. */
function withoutPlaces(source: CompletionSource): CompletionSource {
  return (context) => (context.matchBefore(/\.\s*\w*/u) ? null : source(context))
}

/** Datasets, and the columns of those that the query reads. */
function completeNames(known: Known): CompletionSource {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const word = context.matchBefore(/(?:"[^"]*"?|[\p{L}\p{N}_$])(?:"[^"]*"?|[\p{L}\p{N}_$.])*/u)
    if (!word && !context.explicit) return null
    const written = word?.text ?? ''
    const from = word?.from ?? context.pos
    const datasets = known.datasets()
    const uses = tablesIn(context.state.doc.toString(), new Set(datasets.map(({ name }) => name)))
    const behind = written.includes('.') ? partsOf(written.slice(0, written.lastIndexOf('.'))).join('.') : undefined
    const use = behind === undefined ? undefined : uses.find(({ alias, dataset }) => alias === behind || dataset === behind)
    if (use) {
      const columns = await known.columns(use.dataset)
      return { from: from + written.lastIndexOf('.') + 1, options: columns.map(columnOption), validFor: /^[\p{L}\p{N}_$]*$/u }
    }
    const columns = behind === undefined ? (await Promise.all([...new Set(uses.map(({ dataset }) => dataset))].map((dataset) => known.columns(dataset)))).flat() : []
    const tables = datasets.map(({ name, comment }) => ({ label: sqlName(name), type: 'class', detail: 'dataset', ...(comment ? { info: comment.slice(0, 300) } : {}), boost: /\b(?:from|join)\s+$/i.test(context.state.sliceDoc(Math.max(0, from - 20), from)) ? 50 : 0 }))
    const functions = behind === undefined ? FUNCTIONS.split(' ').map((name) => ({ label: name, apply: `${name}(`, type: 'function', detail: 'function', boost: -20 })) : []
    const options = [...columns.map((column) => ({ ...columnOption(column), boost: 20 })), ...tables, ...functions]
    return options.length > 0 ? { from, options, validFor: /^[\p{L}\p{N}_$."]*$/u } : null
  }
}

function columnOption({ path, type, doc }: { path: string; type: string; doc: string }) {
  return { label: path.split('.').map(sqlName).join('.'), type: 'property', detail: type, ...(doc ? { info: doc.slice(0, 300) } : {}) }
}
