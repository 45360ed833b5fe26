// Whatever somebody logs is shown, never run: names, tags, params, notes and files that try.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, openPage, settled, startBrowser, startServer } from './stage.mjs'

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
  await client.artifact(experiment, run, 'book.ipynb', JSON.stringify({ cells: [{ cell_type: 'code', outputs: [{ data: { 'text/html': [PAGE] } }] }] }))
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
  assert.equal(await page.locator('main :is(script, img[src="x"], svg[onload], iframe[srcdoc])').count(), 0)
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
    'drawing.svg': (page) => page.frameLocator('iframe[sandbox=""]').getByText('drawn').waitFor(),
    'data.xml': visible('x:script'),
    'book.ipynb': visible('cells'),
    'rows.csv': visible('onerror'),
    'text.md': visible('<iframe srcdoc'),
  }
  for (const [name, shown] of Object.entries(files)) await inert(`/runs/${run}?tab=artifacts&path=${name}`, shown)
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
