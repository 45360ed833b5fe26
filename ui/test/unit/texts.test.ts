import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCsv, toCsv } from '../../src/lib/csv.ts'
import { diffRows } from '../../src/lib/diff.ts'
import { keyOf } from '../../src/lib/keys.ts'
import { cellText, previewOf, safeHref, tableOf } from '../../src/lib/preview.ts'
import { curlOf, quote, recipeOf } from '../../src/lib/reproduce.ts'
import { signatureOf } from '../../src/lib/signature.ts'

test('a table written as CSV reads back the same', () => {
  const rows = [
    ['a', 'b'],
    ['with, comma', 'with "quotes"'],
    ['two\nlines', ''],
  ]
  assert.deepEqual(parseCsv(toCsv(rows), ',', 100), rows)
})

test('no cell is a formula to a spreadsheet, and numbers stay numbers', () => {
  assert.equal(toCsv([['=cmd()', '@x', '-3.5', '+1', '-x']]), "'=cmd(),'@x,-3.5,+1,'-x\r\n")
  assert.equal(toCsv([[1.5, null, undefined]]), '1.5,,\r\n')
})

test('CSV is read up to a limit', () => {
  assert.equal(parseCsv('a\nb\nc\n', ',', 2).length, 2)
  assert.deepEqual(parseCsv('a\tb\r\nc\td', '\t', 9), [
    ['a', 'b'],
    ['c', 'd'],
  ])
})

test('files that could run are shown as images or in the sandbox only', () => {
  const kind = (name: string) => previewOf(name, 10).kind
  for (const name of ['a.html', 'b/c.HTM']) assert.equal(kind(name), 'page')
  assert.equal(kind('x.SVG'), 'drawing')
  for (const name of ['a.xml', 'b.js', 'MLmodel', 'x/conda.yaml', '.gitignore']) assert.equal(kind(name), 'text')
  assert.equal(kind('n.ipynb'), 'notebook')
  assert.equal(kind('a.parquet'), 'parquet')
  assert.equal(kind('model.pkl'), undefined)
  assert.match(previewOf('model.pkl', 10).what!, /not opened/)
})

test('what is too large for a preview says how large it is', () => {
  assert.match(previewOf('huge.csv', 1e9).problem!, /1\.0 GB.*20\.0 MB/)
  assert.equal(previewOf('huge.parquet', 1e12).kind, 'parquet')
})

test('a table is read from JSON, and nothing else is', () => {
  assert.deepEqual(tableOf({ columns: ['a', 1], data: [[1, null]] }), { columns: ['a', '1'], data: [[1, null]] })
  for (const other of [null, 3, [], {}, { columns: [], data: [] }, { columns: ['a'], data: [[1, 2]] }, { columns: ['a'], data: [3] }]) assert.equal(tableOf(other), undefined)
  assert.deepEqual([null, undefined, 0, false, { a: 1 }].map(cellText), ['', '', '0', 'false', '{"a":1}'])
})

test('links lead only to pages and mail', () => {
  assert.equal(safeHref('HTTP://example.org/a'), 'HTTP://example.org/a')
  assert.equal(safeHref('mailto:a@example.org'), 'mailto:a@example.org')
  for (const bad of ['javascript:alert(1)', 'java\nscript:alert(1)', ' \u0001javascript:x', 'data:text/html,x', 'vbscript:x', '//example.org', '/ui/', 'file:///etc']) {
    assert.equal(safeHref(bad), undefined, bad)
  }
})

test('a recipe holds what was recorded and says what was not', () => {
  const recipe = recipeOf({ 'mlflow.source.name': 'train me.py', 'mlflow.source.type': 'LOCAL', 'mlflow.source.git.commit': 'abc', 'mlflow.source.git.repoURL': 'git@example.org:x.git' }, {})
  assert.deepEqual(recipe.commands, ['git clone git@example.org:x.git run && cd run', 'git checkout abc', "python 'train me.py'"])
  assert.equal(recipe.missing.length, 1)
  assert.match(recipeOf({ 'mlflow.source.name': 'a.py', 'mlflow.source.git.commit': 'abc' }, {}).missing.join(), /repository/)
  assert.deepEqual(recipeOf({}, { a: '1' }), { commands: [], missing: [] })
  assert.deepEqual(recipeOf({ 'mlflow.project.entryPoint': 'main', 'mlflow.source.git.commit': 'a' }, { lr: '0.1', s: 'a b' }).commands.at(-1), "mlflow run . -e main -P lr=0.1 -P 's=a b'")
})

test('shell words cannot end their quotes', () => {
  assert.equal(quote("a'; rm -rf ~; '"), `'a'\\''; rm -rf ~; '\\'''`)
  assert.equal(curlOf({ method: 'POST', url: 'http://127.0.0.1/x', body: { a: "it's" } }), `curl -X POST -H 'Content-Type: application/json' -d '{"a":"it'\\''s"}' http://127.0.0.1/x`)
})

test('differences name what one run lacks', () => {
  assert.deepEqual(diffRows([{ a: '1', b: '2' }, { a: '1' }]), [
    { key: 'a', values: ['1', '1'], differs: false },
    { key: 'b', values: ['2', undefined], differs: true },
  ])
})

test('a signature is read from MLmodel', () => {
  const text = `flavors:\n  x: 1\nsignature:\n  inputs: '[{"type": "double", "name": "it''s", "required": true},\n    {"type": "long", "name": "b", "required": false}]'\n  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'\n  params: null\nutc: 1\n`
  assert.deepEqual(signatureOf(text), {
    inputs: [
      { name: "it's", type: 'double', optional: false },
      { name: 'b', type: 'long', optional: true },
    ],
    outputs: [{ name: '', type: 'int64 [-1]', optional: false }],
    params: [],
  })
  assert.equal(signatureOf('flavors:\n  x: 1\n'), undefined)
})

test('keys are told apart from their modifiers', () => {
  const press = { ctrlKey: false, metaKey: false, altKey: false }
  assert.equal(keyOf({ ...press, key: 'J' }), 'j')
  assert.equal(keyOf({ ...press, key: 'k', metaKey: true }), 'mod+k')
  assert.equal(keyOf({ ...press, key: '?' }), '?')
})
