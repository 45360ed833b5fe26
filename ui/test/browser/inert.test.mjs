// Whatever somebody logs is shown, never run: names, tags, params, notes and files that try.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, commitFile, openPage, settled, startBrowser, startServer } from './stage.mjs'

const TRY = `"><img src=x onerror="window.ran=1"><script>window.ran=1</script>`
const PAGE = `<!doctype html><body><script>parent.ran = top.ran = 1; document.body.dataset.ran = 1</script><img src=x onerror="document.body.dataset.ran=1"><form action="/api/2.0/mlflow/experiments/delete" method="post"><button>go</button></form><a href="/" target="_top">out</a><p>shown all the same</p>`
const DRAWING = `<svg xmlns="http://www.w3.org/2000/svg" onload="document.documentElement.setAttribute('data-ran', 1)"><script>document.documentElement.setAttribute('data-ran', 1)</script><text y="20">drawn</text></svg>`
const NOTE = [
  '# Note',
  TRY,
  '[link](javascript:window.ran=1) [other](data:text/html,<script>window.ran=1</script>)',
  '![image](http://127.0.0.1:9/tracker.png)',
  '<iframe srcdoc="<script>parent.ran=1</script>"></iframe>',
  '<svg onload="window.ran=1"></svg>',
  '`<script>window.ran=1</script>`',
].join('\n\n')

const BOOK = {
  metadata: { language_info: { name: TRY } },
  cells: [
    { cell_type: 'markdown', source: NOTE },
    {
      cell_type: 'code',
      execution_count: TRY,
      source: [`print(1) # ${TRY}`],
      outputs: [
        { output_type: 'display_data', data: { 'text/html': [PAGE] } },
        { output_type: 'display_data', data: { 'image/svg+xml': [DRAWING] } },
        { output_type: 'display_data', data: { 'image/png': `"onerror="window.ran=1` , 'text/plain': TRY } },
        { output_type: 'display_data', data: { 'application/javascript': 'window.ran=1', 'application/vnd.plotly.v1+json': { a: TRY } } },
        { output_type: 'error', ename: TRY, evalue: TRY, traceback: [TRY] },
      ],
    },
  ],
}
const FIGURE = {
  data: [
    { type: 'bar', name: TRY, x: [TRY, 'b'], y: [1, 2], marker: { color: 'url(http://127.0.0.1:9/tracker.svg)' } },
    { type: 'scatter', name: `line ${TRY}`, x: [TRY, 'b'], y: [2, 1] },
    { type: TRY, x: [1] },
  ],
  layout: { title: { text: `Figure ${TRY}` }, xaxis: { title: { text: TRY } }, images: [{ source: 'http://127.0.0.1:9/tracker.png' }] },
}

let server, client, browser, experiment, run

before(async () => {
  server = await startServer()
  client = new Client(server.url)
  browser = await startBrowser()
  experiment = await client.experiment(`x ${TRY}`)
  run = await client.run(experiment, { name: `r ${TRY}`, user: TRY, params: { p: TRY }, tags: { t: TRY, 'mlflow.note.content': NOTE, 'mlflow.source.name': `train.py; ${TRY}` }, metrics: { m: [1, 2] }, status: 'FINISHED' })
  await client.post('runs/log-inputs', { run_id: run, datasets: [{ dataset: { name: TRY, digest: 'd', source_type: TRY, source: TRY, schema: TRY, profile: TRY } }] })
  await client.artifact(experiment, run, 'page.html', PAGE)
  await client.artifact(experiment, run, 'drawing.svg', DRAWING)
  await client.artifact(experiment, run, 'data.xml', `<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">window.ran=1</x:script>`)
  await client.artifact(experiment, run, 'book.ipynb', JSON.stringify(BOOK))
  await client.artifact(experiment, run, 'no-book.ipynb', JSON.stringify({ cells: TRY }))
  await client.artifact(experiment, run, 'figure.json', JSON.stringify(FIGURE))
  await client.artifact(experiment, run, 'pie.plotly.json', JSON.stringify({ data: [{ type: TRY, labels: [TRY] }], layout: { title: TRY } }))
  await client.artifact(experiment, run, 'table.json', JSON.stringify({ columns: [TRY, 'b'], data: [[TRY, { a: TRY }]] }))
  await client.artifact(experiment, run, 'tree.json', `{${JSON.stringify(TRY)}: [${JSON.stringify(TRY)}], "__proto__": {"polluted": 1}}`)
  await client.artifact(experiment, run, 'code.js', `${TRY}\n${'x\n'.repeat(2_500)}`)
  await client.artifact(experiment, run, 'requirements.txt', `${TRY}\n`)
  await client.artifact(experiment, run, `${'tricky <img src=x onerror=ran=1>'.replaceAll(' ', '%20').replaceAll('<', '%3C').replaceAll('>', '%3E')}.pkl`, 'x')
  await client.artifact(experiment, run, 'rows.csv', `a,b\n${TRY.replaceAll('"', '""')},2\n`)
  await client.artifact(experiment, run, 'text.md', NOTE)
  await client.post('registered-models/create', { name: `model ${TRY.replaceAll('/', '')}`, description: NOTE })
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

async function inert(path, shown) {
  const { page, close } = await openPage(browser)
  const strangers = []
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith('blob:')) strangers.push(request.url())
  })
  const dialogs = []
  page.on('dialog', (dialog) => dialogs.push(dialog.message()))
  await page.goto(`${server.url}/ui${path}`)
  await shown(page)
  await settled(page)
  assert.equal(await page.evaluate(() => window.ran), undefined, `a script of ${path} ran`)
  for (const frame of page.frames()) {
    assert.equal(await frame.evaluate(() => document.documentElement.dataset?.ran ?? document.documentElement.getAttribute('data-ran') ?? document.body?.dataset.ran ?? null), null, `a script in a frame of ${path} ran`)
  }
  assert.equal(await page.locator('body :is(script:not([src^="/ui/"]), img[src="x"], svg[onload], iframe[srcdoc], [onerror])').count(), 0)
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('a[href]')].map((a) => a.href).filter((href) => !/^(http|mailto|blob)/.test(href))), [])
  assert.deepEqual(strangers, [])
  assert.deepEqual(dialogs, [])
  await close()
}

const visible = (text) => (page) => page.locator('main').getByText(text).first().waitFor()

test('names, tags and params in tables', async () => {
  await inert('/', visible('onerror'))
  await inert('/experiments', visible('onerror'))
  await inert(`/experiments/${experiment}?column=params.p&column=tags.t&column=user_id`, visible('onerror'))
  await inert(`/compare?run=${run}`, visible('onerror'))
})

test('a run with its notes, inputs and source', async () => {
  await inert(`/runs/${run}`, async (page) => {
    await page.locator('main .prose').getByText('Note', { exact: true }).waitFor()
    await page.locator('main .prose').getByText('<iframe srcdoc').waitFor()
  })
})

test('files', async () => {
  const files = {
    'page.html': (page) => page.frameLocator('iframe[sandbox=""]').getByText('shown all the same').waitFor(),
    'drawing.svg': (page) => page.locator('main figcaption').getByText('×').waitFor(),
    'data.xml': visible('x:script'),
    'book.ipynb': async (page) => {
      await page.locator('main').getByText('print(1)').waitFor()
      await page.frameLocator('iframe[sandbox=""]').getByText('shown all the same').waitFor()
      await page.locator('main').getByRole('img', { name: 'Output of cell 2' }).first().waitFor()
    },
    'no-book.ipynb': visible('onerror'),
    'figure.json': async (page) => {
      await page.locator('main').getByRole('img', { name: /^Figure/ }).waitFor()
      await page.locator('main').getByText('Not drawn here').getByText('onerror').waitFor()
      await page.locator('main').getByRole('button', { name: 'As JSON' }).click()
    },
    'pie.plotly.json': visible('Not drawn here'),
    'table.json': async (page) => {
      await page.getByRole('grid').getByText('onerror').first().waitFor()
      await page.getByRole('grid').focus()
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').getByText('onerror').first().waitFor()
    },
    'tree.json': visible('onerror'),
    'code.js': visible('onerror'),
    'requirements.txt': visible('onerror'),
    'rows.csv': visible('onerror'),
    'text.md': visible('<iframe srcdoc'),
  }
  for (const [name, shown] of Object.entries(files)) await inert(`/runs/${run}?tab=artifacts&path=${name}`, shown)
})

test('a model version, its card and its story', async () => {
  const name = `model ${TRY.replaceAll('/', '')}`
  await client.post('model-versions/create', { name, source: `runs:/${run}/model`, run_id: run, description: NOTE, tags: [{ key: 'tried', value: TRY }] })
  await client.post('registered-models/alias', { name, alias: 'a', version: '1' })
  await inert(`/model-version?name=${encodeURIComponent(name)}&version=1`, async (page) => {
    await page.locator('main').getByRole('heading', { name: 'Model card' }).waitFor()
    await page.locator('main .prose').getByText('<iframe srcdoc').waitFor()
    await page.locator('main').getByText('tried').waitFor()
  })
})

test('what the URL says is no markup either', async () => {
  const text = encodeURIComponent(TRY)
  await inert(`/experiments/${experiment}?filter=${text}`, (page) => page.getByRole('combobox', { name: 'Filter' }).waitFor())
  await inert(`/experiments?q=${text}nobody`, visible('No experiment has this'))
  await inert(`/model?name=${text}`, (page) => page.getByRole('alert').waitFor())
  await inert(`/runs/${run}?tab=artifacts&path=${text}`, visible('There is no such file'))
})

test('what lies in the trash, and what the audit trail has of it', async () => {
  const gone = await client.run(experiment, { name: `gone ${TRY}` })
  await client.post('runs/delete', { run_id: gone })
  await inert('/trash', visible('onerror'))
  await inert('/trash?show=space', visible('onerror'))
  await inert('/audit?action=run.*', visible('onerror'))
  await inert(`/audit?actor=${encodeURIComponent(TRY)}`, (page) => page.getByRole('alert').first().waitFor())
  await inert(`/settings?q=${encodeURIComponent(TRY)}`, visible('No setting has this'))
})

test('a model and its description', async () => {
  await inert('/models', visible('onerror'))
  await inert(`/model?name=${encodeURIComponent(`model ${TRY.replaceAll('/', '')}`)}`, (page) => page.locator('main .prose').getByText('<iframe srcdoc').waitFor())
})

test('datasets, their columns, rows and queries, and the graph', async () => {
  const own = (method, path, body) => client.call(method, `/api/millwright/v1${path}`, body)
  const quoted = `"${TRY.replaceAll('"', '""')}"`
  await commitFile(client, 'hostile.rows', { content: `${quoted},b\n${quoted},1\n`, mode: 'create', message: TRY })
  await own('PATCH', '/datasets/hostile.rows', { comment: NOTE, owners: [TRY], tags: [TRY], columns: { b: { doc: TRY, unit: TRY, tags: [TRY] } } })
  await own('POST', '/datasets/hostile.rows/pins', { version: 1, kind: 'report', holder: 'user:ann', reason: TRY })
  const sql = `select '${TRY}' as ${quoted}, 1 as n`
  await own('PUT', '/sql/saved/hostile', { sql, description: TRY })
  await inert('/datasets', visible('onerror'))
  await inert('/datasets/hostile.rows', async (page) => {
    await page.getByRole('grid').getByText('onerror').first().waitFor()
    await page.locator('main .prose').getByText('<iframe srcdoc').waitFor()
    await page.getByRole('button', { name: 'Edit b' }).click()
    await page.getByRole('dialog').getByLabel('Description').waitFor()
  })
  await inert('/datasets/hostile.rows?aspect=versions', visible('onerror'))
  await inert('/datasets/hostile.rows?aspect=preview', (page) => page.getByRole('grid').getByText('onerror').first().waitFor())
  await inert('/sql?saved=hostile&side=saved', async (page) => {
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('grid').getByText('onerror').first().waitFor()
    await page.getByRole('tab', { name: 'Chart' }).click()
    await page.getByRole('img', { name: /n: 1 point/ }).waitFor()
    await page.getByRole('tab', { name: 'History' }).click()
    await page.getByRole('complementary').getByText('onerror').first().waitFor()
  })
  await inert(`/sql?sql=${encodeURIComponent(TRY)}`, (page) => page.getByRole('textbox', { name: 'SQL' }).getByText('onerror').waitFor())
  await inert(`/lineage?node=run:${run}`, (page) => page.getByRole('group', { name: 'Graph' }).getByRole('button', { name: /onerror/ }).first().waitFor())
  await inert(`/lineage?node=${encodeURIComponent(TRY)}`, (page) => page.getByRole('alert').waitFor())
})
