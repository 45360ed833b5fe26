import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOfRun, commitPage } from '../../src/lib/code-of-run.ts'
import { columnsOf, profileOf, sourceOf } from '../../src/lib/dataset.ts'
import { mlmodelFacts } from '../../src/lib/mlmodel.ts'
import { cardJson, cardMarkdown, type ModelCard } from '../../src/lib/model-card.ts'
import { notebookOf } from '../../src/lib/notebook.ts'
import { footerLength, parquetFacts } from '../../src/lib/parquet.ts'
import { storySteps } from '../../src/lib/promotion-story.ts'

test('a dataset tells its columns, source and size', () => {
  assert.deepEqual(columnsOf('{"mlflow_colspec": [{"type": "long", "name": "a", "required": true}, {"type": "string"}]}'), [
    { name: 'a', type: 'long', required: true },
    { name: '', type: 'string', required: true },
  ])
  assert.deepEqual(columnsOf('{"mlflow_tensorspec": {"features": "[{\\"type\\": \\"tensor\\", \\"tensor-spec\\": {\\"dtype\\": \\"float64\\", \\"shape\\": [-1, 3]}}]", "targets": null}}'), [{ name: 'features', type: 'float64 [-1,3]', required: true }])
  for (const bad of [undefined, '', 'x', '[]', 'null', '{"mlflow_colspec": 3}']) assert.deepEqual(columnsOf(bad), [])
  assert.equal(sourceOf('s3', '{"uri": "s3://bucket/a"}'), 's3://bucket/a')
  assert.equal(sourceOf('code', '{"tags": {"mlflow.source.name": "train.py"}}'), 'train.py')
  assert.equal(sourceOf('local', 'plain text'), 'plain text')
  assert.equal(sourceOf('local', '{}'), '')
  assert.deepEqual(profileOf('{"num_rows": 12, "num_elements": 24, "mean_x": [1]}'), [['rows', 12], ['elements', 24], ['mean x', '[1]']])
})

test('a commit has a page only where its host is known', () => {
  const commit = 'abcdef0123'
  assert.equal(commitPage('git@github.example:team/x.git', commit), `${'https:'}//github.example/team/x/commit/${commit}`)
  assert.equal(commitPage('ssh://git@gitlab.example/a/b/c', commit), `${'https:'}//gitlab.example/a/b/c/commit/${commit}`)
  for (const other of ['', 'file:///x', 'javascript:alert(1)', 'git@host.example:x.git', 'git@github.example:x y']) assert.equal(commitPage(other, commit), undefined, other)
  assert.equal(commitPage('git@github.example:team/x', '"><script>'), undefined)
  assert.equal(codeOfRun({ 'mlflow.source.type': 'NOTEBOOK', 'mlflow.gitRepoURL': 'r' }).repository, 'r')
})

test('an MLmodel file tells what made the model', () => {
  const text = `artifact_path: model\nflavors:\n  python_function:\n    env:\n      conda: conda.yaml\n    loader_module: mlflow.sklearn\n    python_version: 3.11.9\n  sklearn:\n    code: null\nmlflow_version: 3.4.0\nmodel_id: m-1\nmodel_size_bytes: 1234\nrun_id: ${'a'.repeat(32)}\nsaved_input_example_info:\n  artifact_path: input_example.json\n  type: dataframe\nutc_time_created: '2026-01-02 03:04:05.678901'\n`
  assert.deepEqual(mlmodelFacts(text), {
    flavors: ['python_function', 'sklearn'],
    pythonVersion: '3.11.9',
    mlflowVersion: '3.4.0',
    bytes: 1234,
    createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    inputExample: 'input_example.json',
    runId: 'a'.repeat(32),
    uuid: 'm-1',
  })
  assert.deepEqual(mlmodelFacts('').flavors, [])
})

test('a notebook gives the plainest form of each output', () => {
  const book = notebookOf({
    metadata: { language_info: { name: 'python' } },
    cells: [
      { cell_type: 'markdown', source: ['# A\n', 'b'] },
      {
        cell_type: 'code',
        execution_count: 3,
        source: 'x',
        outputs: [
          { output_type: 'stream', name: 'stderr', text: ['\u001b[31mred\u001b[0m'] },
          { output_type: 'display_data', data: { 'image/png': 'aGk=\n', 'text/plain': '<Figure>' } },
          { output_type: 'display_data', data: { 'image/png': '"><script>', 'text/html': '<b>x</b>' } },
          { output_type: 'execute_result', data: { 'text/html': '<table>', 'text/plain': ['a b'] } },
          { output_type: 'error', ename: 'E', evalue: 'v', traceback: [] },
        ],
      },
    ],
  })!
  assert.equal(book.cells[0]!.source, '# A\nb')
  assert.deepEqual(book.cells[1]!.outputs, [
    { kind: 'error', text: 'red' },
    { kind: 'image', url: 'data:image/png;base64,aGk=' },
    { kind: 'html', text: '<b>x</b>' },
    { kind: 'text', text: 'a b' },
    { kind: 'error', text: 'E: v' },
  ])
  for (const other of [null, 3, {}, { cells: 3 }]) assert.equal(notebookOf(other), undefined)
})

test('a story is told in its order, decisions once', () => {
  const at = (second: number) => new Date(1_000_000 + second * 1000).toISOString()
  const steps = storySteps({
    model: 'm',
    version: 2,
    to: 'production',
    alias: 'champion',
    requester: 'ann',
    reason: 'better',
    decisions: [{ principal: 'bob', verdict: 'approve', message: 'fine', at: at(9) }],
    history: [
      { state: 'requested', actor: 'ann', note: '', at: at(0) },
      { state: 'checking', actor: 'system', note: '', at: at(0) },
      { state: 'waiting', actor: 'system', note: '0 of 1', at: at(1) },
      { state: 'approved', actor: 'bob', note: 'by bob: fine', at: at(9) },
      { state: 'applied', actor: 'system', note: '', at: at(9) },
    ],
    evidence: { checks: [{ verdict: 'passed', rule: 'auc', explanation: 'good' }, { verdict: 'failed', rule: { tags: ['x'] }, explanation: 'none' }] },
  })
  assert.deepEqual(steps.map(({ who, what }) => `${who} ${what}`), ['ann asked for champion', ' 1 of 2 checks failed', ' Waits for approval', 'bob approved', ' champion stands for version 2'])
  assert.deepEqual(steps[1]!.checks, [{ passed: true, text: 'auc: good' }, { passed: false, text: '{"tags":["x"]}: none' }])
})

const CARD: ModelCard = {
  model: 'a|b *x*',
  version: '3',
  status: 'READY',
  stage: '',
  aliases: ['champion'],
  description: 'What it **does**.',
  registered_at: '2026-01-01T00:00:00.000Z',
  registered_by: 'ann',
  trained: { by: 'ann', at: '', run: 'r1', run_name: 'bold', experiment: 'e', source: 'train.py', repository: '', commit: 'abc', branch: '' },
  data: [{ name: 'd|1', digest: 'x', context: 'training', source: 's3: a', size: '10 rows' }],
  environment: { python: '3.11', mlflow: '', flavors: ['sklearn'], files: '' },
  size_bytes: 10,
  metrics: [{ name: 'auc', value: 0.5 }],
  params: [],
  tags: [],
  signature: { inputs: [{ name: 'a', type: 'long', optional: true }], outputs: [], params: [] },
  input_example: '{"a": "```"}',
  promotion: [{ at: '2026', who: 'bob', what: 'approved', note: 'line\nbreak' }],
  missing: [],
}

test('a card holds what is recorded and leaves out the rest', () => {
  const json = JSON.parse(cardJson(CARD)) as Record<string, unknown>
  assert.ok(!('stage' in json) && !('params' in json))
  assert.deepEqual((json.trained as Record<string, unknown>).commit, 'abc')
  const text = cardMarkdown(CARD)
  assert.match(text, /^# a\|b \\\*x\\\*, version 3\n\nWhat it \*\*does\*\*\.\n/)
  assert.match(text, /\| d\\\|1 \| x \| training \| s3: a \| 10 rows \|/)
  assert.match(text, /````json\n\{"a": "```"\}\n````/)
  assert.match(text, /approved \| line break \|/)
  assert.doesNotMatch(text, /## Params|Stage|Not in this card/)
  assert.ok(!('missing' in json))
  const lacking = { ...CARD, missing: ['The newest 20 of 31 promotions stand here.'] }
  assert.match(cardMarkdown(lacking), /\n## Not in this card\n\n- The newest 20 of 31 promotions stand here\.\n$/)
  assert.deepEqual((JSON.parse(cardJson(lacking)) as { missing: string[] }).missing, lacking.missing)
})

test('a Parquet footer tells rows and columns, and a broken one nothing', () => {
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)]
  // version 1, schema [root with 1 child, a: int64 optional], 7 rows, no row group, created by x.
  const footer = [0x15, 2, 0x19, 0x2c, 0x48, ...name('root'), 0x15, 2, 0, 0x15, 4, 0x25, 2, 0x18, ...name('a'), 0, 0x16, 14, 0x19, 0x0c, 0x28, ...name('x'), 0]
  const file = Uint8Array.from([...new TextEncoder().encode('PAR1'), ...footer, footer.length, 0, 0, 0, ...new TextEncoder().encode('PAR1')]).buffer
  assert.equal(footerLength(file), footer.length)
  assert.deepEqual(parquetFacts(file), { rows: 7, rowGroups: 0, writer: 'x', compression: '', columns: [{ name: 'a', type: 'int64', optional: true }] })
  for (let cut = 0; cut < footer.length; cut++) {
    const broken = Uint8Array.from([...footer.slice(0, cut).map((byte) => byte ^ 0x55), cut, 0, 0, 0, ...new TextEncoder().encode('PAR1')]).buffer
    parquetFacts(broken)
  }
  assert.equal(parquetFacts(new ArrayBuffer(100)), undefined)
})
