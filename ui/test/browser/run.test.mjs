// A run, its files, the model that came of it, and Home: what a person looks for there, in a real browser.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { Client, openPage, settled, startBrowser, startServer } from './stage.mjs'

const MLMODEL = [
  'artifact_path: model',
  'flavors:',
  '  python_function:',
  '    loader_module: mlflow.sklearn',
  '    python_version: 3.11.9',
  '  sklearn:',
  '    code: null',
  'mlflow_version: 3.4.0',
  'model_size_bytes: 12345',
  'saved_input_example_info:',
  '  artifact_path: input_example.json',
  '  type: dataframe',
  'signature:',
  `  inputs: '[{"type": "long", "name": "tenure", "required": true}, {"type": "string", "name": "plan", "required": false}]'`,
  `  outputs: '[{"type": "double", "required": true}]'`,
  '  params: null',
  "utc_time_created: '2026-01-02 03:04:05.000000'",
  '',
].join('\n')
const POLICY = ['policy: segments', 'applies-to: ["segments*"]', 'stages:', '  - dev', '  - name: production', '    aliases: [live]', 'transitions:', '  - from: dev', '    to: production', '    ask: [anyone]', '    approve: [anyone]', '    approvals: 1', '    allow-author: true', '    checks:', '      - metric: loss', '        at-most: 1', ''].join('\n')

let server, client, browser, stage, page
const state = {}

before(async () => {
  server = await startServer()
  client = new Client(server.url)
  browser = await startBrowser()
  stage = await openPage(browser)
  page = stage.page
  await fill()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const go = (path) => page.goto(`${server.url}/ui${path}`)
const main = () => page.locator('main')
const noErrors = () => assert.deepEqual(stage.errors, [])
const data = (name, digest) => ({
  tags: [{ key: 'mlflow.data.context', value: 'training' }],
  dataset: { name, digest, source_type: 's3', source: '{"uri": "s3://bucket/wine.parquet"}', profile: '{"num_rows": 1240, "num_elements": 2480}', schema: '{"mlflow_colspec": [{"type": "double", "name": "alcohol", "required": true}, {"type": "string", "name": "colour", "required": false}]}' },
})

async function fill() {
  const experiment = (state.experiment = await client.experiment('segments'))
  for (let i = 0; i < 5; i++) await client.run(await client.experiment(`other ${i}`), { name: `other-${i}`, status: i === 0 ? 'FAILED' : 'FINISHED', start: Date.now() - (i + 1) * 60_000 })
  const twin = await client.run(experiment, { name: 'twin', status: 'FINISHED' })
  await client.post('runs/log-inputs', { run_id: twin, datasets: [data('wine', 'digest-1')] })
  const run = (state.run = await client.run(experiment, {
    name: 'bold-crane',
    user: 'ann',
    params: { depth: 6 },
    tags: { team: 'risk', 'mlflow.source.name': 'train.py', 'mlflow.source.type': 'LOCAL', 'mlflow.source.git.commit': 'abcdef0123456789', 'mlflow.source.git.branch': 'main', 'mlflow.source.git.repoURL': 'git@github.example:team/segments.git', 'mlflow.user': 'ann' },
    metrics: { loss: Array.from({ length: 60 }, (_, i) => 1 / (i + 1)), 'system/cpu_utilization_percentage': Array.from({ length: 60 }, (_, i) => 40 + (i % 7)), 'system/gpu_0_memory_usage_megabytes': [1000, 1200, 1300] },
  }))
  await client.post('runs/log-inputs', { run_id: run, datasets: [data('wine', 'digest-1')] })
  await client.run(experiment, { name: 'part-of-it', tags: { 'mlflow.parentRunId': run }, status: 'FINISHED' })
  const { model } = await client.post('logged-models', { experiment_id: experiment, name: 'classifier', source_run_id: run, model_type: 'sklearn' })
  state.model = model.info.model_id
  await client.post('runs/outputs', { run_id: run, models: [{ model_id: state.model, step: 0 }] })
  const folder = /artifacts:\/+(.+)$/.exec(model.info.artifact_uri)[1]
  const put = async (path, content) => {
    const answer = await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${path}`, { method: 'PUT', body: content })
    assert.ok(answer.ok, await answer.text())
  }
  await put('MLmodel', MLMODEL)
  await put('requirements.txt', 'scikit-learn==1.7.2\nnumpy==2.3.1\n')
  await put('conda.yaml', 'channels: [conda-forge]\n')
  await put('input_example.json', '{"columns": ["tenure", "plan"], "data": [[12, "basic"], [40, "plus"]]}')
  await put('model.pkl', 'not a pickle')
  for (const [path, content] of Object.entries(files())) await client.artifact(experiment, run, path, content)
  await client.post('registered-models/create', { name: 'segments', description: 'Who belongs **together**.' })
  state.version = (await client.post('model-versions/create', { name: 'segments', source: `models:/${state.model}`, run_id: run, model_id: state.model })).model_version.version
}

function files() {
  const wide = Array.from({ length: 30 }, (_, i) => `column_${i}`)
  return {
    'loss.plotly.json': JSON.stringify({ data: [{ type: 'scatter', name: 'valid', x: [1, 2, 3], y: [3, 2, 1] }, { type: 'bar', name: 'count', x: [1, 2, 3], y: [1, 2, 3] }, { type: 'sunburst', labels: ['a'] }], layout: { title: { text: 'Loss by epoch' } } }),
    'confusion.json': JSON.stringify({ data: [{ type: 'heatmap', x: ['no', 'yes'], y: ['no', 'yes'], z: [[812, 41], [63, 284]] }], layout: {} }),
    'only-pie.json': JSON.stringify({ data: [{ type: 'pie', values: [3, 4] }], layout: {} }),
    'predictions.json': JSON.stringify({ columns: ['id', 'answer'], data: Array.from({ length: 5000 }, (_, i) => [i, `answer ${i}`]) }),
    'config.json': '{"model": {"depth": 6, "deeper": {"deepest": [1, 2, 3]}}, "ratio": 0.5}',
    'broken.json': '{"a": ',
    'nan.json': '{"loss": NaN}',
    'wide.csv': `${wide.join(',')}\n${Array.from({ length: 20_000 }, (_, row) => wide.map((_, i) => row * 30 + i).join(',')).join('\n')}\n`,
    'train.py': `import mlflow\n${Array.from({ length: 30 }, (_, i) => `x${i} = ${i}`).join('\n')}\n`,
    'long.log': Array.from({ length: 30_000 }, (_, i) => `line ${i + 1}`).join('\n'),
    'look.ipynb': JSON.stringify({
      metadata: { language_info: { name: 'python' } },
      cells: [
        { cell_type: 'markdown', source: '# A first look' },
        { cell_type: 'code', execution_count: 3, source: 'frame.describe()', outputs: [{ output_type: 'stream', name: 'stdout', text: 'count 1240' }, { output_type: 'display_data', data: { 'image/png': png().toString('base64'), 'text/plain': '<Figure>' } }] },
      ],
    }),
    'plot.png': png(),
    'plot.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><circle cx="10" cy="10" r="9"/></svg>',
    'report.html': '<h1>The report</h1>',
    'notes.md': '# Report\n\n- one\n',
    'rows.parquet': parquet(),
    'cut.parquet': Buffer.from('PAR1 nothing that ends well'),
    'model.pkl': 'x',
    'empty.txt': ' ',
    'paper.pdf': '%PDF-1.7',
  }
}

/** One black pixel. */
function png() {
  const chunk = (type, content) => {
    const body = Buffer.concat([Buffer.from(type), content])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(content.length)
    const check = Buffer.alloc(4)
    check.writeUInt32BE(crc(body))
    return Buffer.concat([length, body, check])
  }
  const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.from([0, 0]))), chunk('IEND', Buffer.alloc(0))])
}

function crc(bytes) {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let i = 0; i < 8; i++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  }
  return (sum ^ 0xffffffff) >>> 0
}

/** A footer that tells seven rows of one column, and no row. */
function parquet() {
  const name = (text) => [text.length, ...Buffer.from(text)]
  const footer = [0x15, 2, 0x19, 0x2c, 0x48, ...name('root'), 0x15, 2, 0, 0x15, 4, 0x25, 2, 0x18, ...name('customer_id'), 0, 0x16, 14, 0x19, 0x0c, 0x28, ...name('a test'), 0]
  return Buffer.from([...Buffer.from('PAR1'), ...footer, footer.length, 0, 0, 0, ...Buffer.from('PAR1')])
}

test('Home tells what runs, what failed and what is recent, whichever experiment it is in', async () => {
  await go('/')
  await main().getByRole('heading', { name: 'Running now' }).waitFor()
  await main().getByRole('link', { name: 'bold-crane' }).first().waitFor()
  await main().getByRole('heading', { name: 'Failed last' }).waitFor()
  await main().getByRole('link', { name: 'other-0' }).first().waitFor()
  await main().getByRole('link', { name: 'other 3', exact: true }).first().waitFor()
  await main().getByText('No promotion waits for your decision').waitFor()
  await main().getByRole('button', { name: 'Measure' }).click()
  await main().getByText(/kB in \d+ files|MB in \d+ files/).waitFor()
  const newcomer = await client.run(await client.experiment('made later'), { name: 'newcomer' })
  await main().getByRole('link', { name: 'newcomer' }).first().waitFor()
  await client.post('runs/update', { run_id: newcomer, status: 'FINISHED', end_time: Date.now() })
  noErrors()
})

test('a run tells its code, environment, data and lineage', async () => {
  await go(`/runs/${state.run}`)
  await page.getByRole('heading', { name: 'bold-crane' }).waitFor()
  await main().getByText('1 nested run').waitFor()
  await main().getByText('s3: s3://bucket/wine.parquet').waitFor()
  await main().getByText('1240 rows, 2480 elements').waitFor()
  await main().getByText('2 columns').click()
  await main().getByRole('list', { name: 'Columns of wine' }).getByText('colour optional').waitFor()

  await main().getByRole('link', { name: 'abcdef0123456789' }).waitFor()
  assert.equal(await main().getByRole('link', { name: 'See it at its host' }).getAttribute('href'), 'https://github.example/team/segments/commit/abcdef0123456789')
  await main().getByText('scikit-learn==1.7.2').waitFor()
  await main().getByRole('button', { name: 'conda.yaml' }).click()
  await main().getByText('conda-forge').waitFor()
  await main().getByRole('link', { name: 'look.ipynb' }).waitFor()
  assert.equal(await main().getByLabel('Commands').innerText(), 'git clone git@github.example:team/segments.git run && cd run\ngit checkout abcdef0123456789\npython train.py')

  await main().getByRole('link', { name: 'segments version 1' }).first().waitFor()
  const lineage = main().getByRole('group', { name: 'What this run used' })
  await lineage.getByRole('link', { name: 'wine training · digest-1' }).waitFor()
  await lineage.getByRole('link', { name: 'classifier' }).waitFor()
  await lineage.getByRole('link', { name: 'segments version 1' }).waitFor()
  await lineage.getByRole('link', { name: 'wine training · digest-1' }).focus()
  await page.keyboard.press('Enter')
  await main().getByText('2 runs match').waitFor()
  await page.goBack()
  await lineage.getByRole('link', { name: 'segments version 1' }).click()
  await page.getByRole('heading', { name: 'Version 1' }).waitFor()
  noErrors()
})

test('notes are looked at before they are saved', async () => {
  await go(`/runs/${state.run}`)
  await main().getByRole('button', { name: 'Write' }).first().click()
  await page.getByLabel('Notes in Markdown').fill('It **converged**.')
  await main().getByRole('button', { name: 'Preview' }).click()
  await main().locator('strong', { hasText: 'converged' }).waitFor()
  await main().getByRole('button', { name: 'Write on' }).click()
  assert.equal(await page.getByLabel('Notes in Markdown').inputValue(), 'It **converged**.')
  await page.keyboard.press('Control+Enter')
  await page.getByText('Saved the notes.').waitFor()
  await main().locator('strong', { hasText: 'converged' }).waitFor()
  noErrors()
})

test('system metrics stand apart, and what is read does not move', async () => {
  await go(`/runs/${state.run}`)
  await main().getByRole('link', { name: '2 system metrics' }).click()
  await main().getByRole('heading', { name: 'cpu utilization percentage' }).waitFor()
  await main().getByLabel('Find a metric').fill('')
  const loss = main().getByRole('img', { name: /^loss\./ })
  await loss.waitFor()
  await main().getByRole('heading', { name: 'System metrics' }).waitFor()
  assert.equal(await main().getByText('Paused', { exact: true }).count(), 0)

  const box = await loss.locator('.u-over').boundingBox()
  await page.mouse.move(box.x + box.width * 0.3, box.y + 40)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 4 })
  await page.mouse.up()
  await main().getByText('Paused', { exact: true }).waitFor()
  await client.post('runs/log-metric', { run_id: state.run, key: 'auc', value: 0.9, step: 0, timestamp: Date.now() })
  await page.locator('[title="What is shown follows the server"]').first().waitFor()
  await client.post('runs/log-metric', { run_id: state.run, key: 'loss', value: 0.001, step: 27, timestamp: Date.now() })
  await main().getByRole('button', { name: 'Follow again' }).click()
  await main().getByText('Paused', { exact: true }).waitFor({ state: 'detached' })
  await main().getByRole('heading', { name: 'auc' }).waitFor()
  await main().getByRole('img', { name: /^loss\..*lowest 0\.001/ }).waitFor()
  noErrors()
})

test('each kind of file has its preview', async () => {
  const open = async (name) => {
    await go(`/runs/${state.run}?tab=artifacts&path=${name}`)
    await main().getByRole('heading', { name: new RegExp(`^${name.replaceAll('.', '\\.')}`) }).waitFor()
  }
  await open('loss.plotly.json')
  await main().getByRole('img', { name: /^Loss by epoch\. valid: 3 points; count: 3 points/ }).waitFor()
  await main().getByText('Not drawn here: a trace of the type sunburst').waitFor()
  await main().getByRole('button', { name: 'As JSON' }).click()
  await main().getByRole('group', { name: 'JSON' }).getByText('layout').waitFor()
  await open('confusion.json')
  await main().getByRole('img', { name: /^Figure/ }).locator('rect').nth(3).waitFor()
  await open('only-pie.json')
  await main().getByText('Not drawn here: a trace of the type pie').waitFor()
  await main().getByRole('group', { name: 'JSON' }).waitFor()

  await open('predictions.json')
  const rows = page.getByRole('grid')
  await rows.getByText('answer 0', { exact: true }).waitFor()
  assert.ok((await rows.locator('[role=row]').count()) < 60)
  await rows.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Row 1' }).getByText('answer 0').waitFor()
  await page.keyboard.press('Escape')
  await main().getByText('5000 rows, 2 columns').waitFor()
  await open('wide.csv')
  await rows.getByRole('columnheader', { name: 'column_0' }).waitFor()
  assert.ok((await rows.locator('[role=gridcell]').count()) < 800)
  await rows.focus()
  await page.keyboard.press('End')
  await rows.getByText('599970', { exact: true }).waitFor()

  await open('config.json')
  await main().getByText('{2}').first().click()
  await main().getByText('depth').waitFor({ state: 'detached' })
  await main().getByText('{2}').first().click()
  await main().getByText('depth').waitFor()
  await open('broken.json')
  await main().getByText('It is no JSON').waitFor()
  await open('nan.json')
  await main().getByText('"NaN"').waitFor()

  await open('train.py')
  const code = main().getByRole('group', { name: 'Content of train.py' })
  await code.getByText('import mlflow').waitFor()
  await code.getByText('31').waitFor()
  await open('long.log')
  await main().getByText(/lines\. Only those in sight/).waitFor()
  assert.ok((await main().getByRole('group', { name: 'Content of long.log' }).locator('pre').count()) < 120)
  await open('look.ipynb')
  await main().getByRole('heading', { name: 'A first look' }).waitFor()
  await main().getByText('count 1240').waitFor()
  await main().getByRole('img', { name: 'Output of cell 2' }).waitFor()

  for (const [name, size] of [['plot.png', '1 × 1'], ['plot.svg', '40 × 20']]) {
    await open(name)
    await main().getByText(size).waitFor()
  }
  await open('report.html')
  await page.frameLocator('iframe[sandbox=""]').getByText('The report').waitFor()
  await open('notes.md')
  await main().locator('.prose').getByRole('heading', { name: 'Report' }).waitFor()
  await open('rows.parquet')
  await main().getByText('customer_id').waitFor()
  await main().getByText('a test').waitFor()
  await open('cut.parquet')
  await main().getByText('No footer of a Parquet file').waitFor()
  await open('model.pkl')
  await main().getByText('opening it runs what is in it').waitFor()
  await open('paper.pdf')
  const [download] = await Promise.all([page.waitForEvent('download'), main().getByRole('link', { name: 'Download' }).click()])
  assert.equal(readFileSync(await download.path(), 'utf8'), '%PDF-1.7')
  await open('empty.txt')
  await main().getByText('The file is empty').waitFor()
  noErrors()
})

test('a version has its card, signature, files and code, and the card is taken away', async () => {
  await go(`/model-version?name=segments&version=${state.version}`)
  await main().getByText('Python 3.11.9, MLflow 3.4.0').waitFor()
  await main().getByText('12.3 kB').waitFor()
  await main().getByText('python_function, sklearn').waitFor()
  await main().getByRole('link', { name: 'bold-crane' }).waitFor()
  await main().getByText('wine (digest-1)').waitFor()
  await main().getByRole('row', { name: 'plan string no' }).waitFor()
  await main().getByText('Input example', { exact: true }).last().click()
  await page.getByRole('grid').getByText('basic').waitFor()
  await main().getByRole('button', { name: /^model\.pkl/ }).click()
  await page.getByRole('dialog', { name: 'File' }).getByText('opening it runs what is in it').waitFor()
  await page.keyboard.press('Escape')
  await main().getByText('scikit-learn==1.7.2').waitFor()

  await main().getByRole('button', { name: 'Write' }).first().click()
  await page.getByLabel('Description in Markdown').fill('Retrained on *October*.')
  await main().getByRole('button', { name: 'Save' }).click()
  await main().locator('em', { hasText: 'October' }).waitFor()

  const take = async (name) => {
    await main().getByRole('button', { name: 'Export' }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()])
    return readFileSync(await download.path(), 'utf8')
  }
  const told = JSON.parse(await take('As JSON'))
  assert.equal(told.trained.commit, 'abcdef0123456789')
  assert.equal(told.data[0].digest, 'digest-1')
  assert.equal(told.signature.inputs[1].name, 'plan')
  assert.equal(told.description, 'Retrained on *October*.')
  const text = await take('As Markdown')
  assert.match(text, /^# segments, version 1\n/)
  assert.match(text, /- Commit: abcdef0123456789 \(main\)/)
  assert.match(text, /\| tenure \| long \| yes \|/)
  noErrors()
})

test('aliases, stage and tags of a version are set, and taken back', async () => {
  await go(`/model-version?name=segments&version=${state.version}`)
  await main().getByText('Python 3.11.9').waitFor()
  await main().getByRole('button', { name: 'Give an alias' }).click()
  await page.getByLabel('Alias', { exact: true }).fill('candidate')
  await page.getByRole('dialog').getByRole('button', { name: 'Give', exact: true }).click()
  await main().getByRole('button', { name: 'Take away candidate' }).waitFor()
  await main().getByText(/models:\/segments@candidate/).waitFor()

  await main().getByRole('button', { name: 'None', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Staging' }).click()
  await main().getByRole('button', { name: 'Staging' }).waitFor()
  await page.getByRole('button', { name: /^Undo/ }).last().click()
  await main().getByRole('button', { name: 'None', exact: true }).waitFor()

  await main().getByRole('button', { name: 'Add' }).click()
  await page.getByRole('dialog').getByLabel('Key').fill('reviewed')
  await page.getByRole('dialog').getByLabel('Value').fill('yes')
  await page.getByRole('button', { name: 'Set tag' }).click()
  await main().getByRole('button', { name: 'Edit reviewed' }).waitFor()
  noErrors()
})

test('a governed alias is asked for with a reason, and its story is told', async () => {
  const applied = await fetch(`${server.url}/api/millwright/v1/policies/segments`, { method: 'PUT', headers: { 'content-type': 'application/yaml' }, body: POLICY })
  assert.ok(applied.ok, await applied.text())
  await go(`/model-version?name=segments&version=${state.version}`)
  await main().getByText('Python 3.11.9').waitFor()
  await main().getByRole('button', { name: 'Give an alias' }).click()
  await page.getByLabel('Alias', { exact: true }).fill('live')
  await page.getByLabel('Reason').fill('Better on every segment')
  await page.getByRole('dialog').getByRole('button', { name: 'Give', exact: true }).click()
  await page.getByText(/live moves only by promotion/).waitFor()
  const story = main().getByRole('list', { name: /^Story of promotion/ })
  await story.getByText('Better on every segment').waitFor()
  await story.getByText('The check passed').waitFor()

  await go('/')
  await main().getByRole('heading', { name: 'Waiting for you' }).waitFor()
  await main().getByRole('link', { name: 'segments version 1' }).click()
  await main().getByRole('button', { name: 'Approve' }).click()
  await page.getByLabel('Why').fill('looked at the segments')
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click()
  await story.getByText('looked at the segments').waitFor()
  await story.getByText('live stands for version 1').waitFor()
  await main().getByRole('button', { name: 'Take away live' }).waitFor()
  noErrors()
})

test('the gallery holds every component, and is found by its name', async () => {
  await go('/')
  await page.getByRole('heading', { name: 'Home' }).waitFor()
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Find an experiment').fill('components')
  await page.getByRole('option', { name: 'Components of this UI' }).click()
  await page.getByRole('heading', { name: 'Components', exact: true }).waitFor()
  const grid = page.getByRole('grid', { name: 'Rows of the gallery' })
  await grid.getByText('run-000000').waitFor()
  assert.ok((await grid.locator('[role=row]').count()) < 60)
  await grid.focus()
  await page.keyboard.press('End')
  await grid.getByText('run-099999').waitFor()
  await settled(page)
  await main().getByRole('button', { name: 'Say, with undo' }).click()
  await page.getByText('Archived 3 runs.').waitFor()
  await page.keyboard.press('z')
  await page.getByText('They are back.').waitFor()
  await page.keyboard.press('y')
  await main().getByText('1 so far').waitFor()
  noErrors()
})
