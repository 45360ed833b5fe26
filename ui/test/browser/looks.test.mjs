// Every screen at two widths in both themes: nothing serious to axe, nothing wider than the screen, a picture of each.
// With UI_PICTURES=1 those that docs/ui shows are made anew.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pictureForDocs } from './pictures.mjs'
import { serve } from './serving-data.mjs'
import { Client, commitFile, openPage, screenshots, seriousFindings, settled, startBrowser, startReceiver, startServer } from './stage.mjs'

let server, browser, receiver, serving
const screens = {}
/** UI_ONLY=sql looks at the screens alone that are named so. */
const only = new RegExp(process.env.UI_ONLY ?? '')

before(async () => {
  server = await startServer(['--set', 'webhooks.allow-http=true', '--set', 'webhooks.allowed-ranges=127.0.0.0/8', '--set', 'webhooks.max-attempts=2'])
  browser = await startBrowser()
  receiver = await startReceiver()
})

after(async () => {
  await serving?.stop()
  await browser?.close()
  await receiver?.stop()
  await server?.stop()
})

/** Data that looks like somebody's work; random, but the same each time. */
async function fill(client) {
  let seed = 7
  const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647)
  const now = Date.now()
  const churn = await client.experiment('churn · gradient boosting')
  await client.experiment('a name that is long enough to need more than the width of any column that shows it, and then some')
  const fraud = await client.experiment('fraud-detection')
  const runs = []
  for (let n = 0; n < 64; n++) {
    const lr = [0.1, 0.05, 0.01, 0.003][n % 4]
    const steps = n < 3 ? 400 : 30
    const curve = (from, to) => Array.from({ length: steps }, (_, i) => to + (from - to) * Math.exp((-6 * i) / steps) + (random() - 0.5) * 0.05)
    runs.push(
      await client.run(n % 9 === 8 ? fraud : churn, {
        name: `${['bold', 'calm', 'eager', 'quiet', 'swift'][n % 5]}-${['crane', 'otter', 'lynx', 'heron'][n % 4]}-${n}`,
        start: now - n * n * 260_000 - 4_000,
        user: ['ann', 'bob', 'service-account:nightly'][n % 3],
        params: { learning_rate: lr, max_depth: 3 + (n % 6), n_estimators: 100 * (1 + (n % 5)), objective: n % 2 ? 'binary:logistic' : 'binary:hinge', seed: n },
        tags: { team: n % 2 ? 'risk' : 'retention', 'mlflow.source.name': 'train.py', 'mlflow.source.type': 'LOCAL', 'mlflow.source.git.commit': '9f3c1e07d2a4b6c8e0f1a3b5c7d9e1f3a5b7c9d1', 'mlflow.source.git.repoURL': 'git@example.org:risk/churn.git' },
        metrics: { train_loss: curve(1.1, 0.2), val_loss: curve(1.15, 0.3), auc: curve(0.5, 0.93), accuracy: [0.8 + random() / 8], 'system/cpu_utilization_percentage': curve(20, 85) },
        ...(n === 0 || n === 4 ? {} : { status: n % 11 === 5 ? 'FAILED' : n % 17 === 6 ? 'KILLED' : 'FINISHED' }),
      }),
    )
  }
  const best = runs[0]
  await client.post('runs/set-tag', { run_id: best, key: 'mlflow.note.content', value: '## Why\n\nThe **validation loss** stalls after 200 steps; see [the ticket](https://example.org/17).\n\n| lr | auc |\n|---|---|\n| 0.1 | 0.93 |\n\n- [x] seed fixed\n- [ ] calibrated' })
  await client.post('runs/log-inputs', {
    run_id: best,
    datasets: [
      {
        tags: [{ key: 'mlflow.data.context', value: 'training' }],
        dataset: { name: 'customers-2026-10', digest: 'a41f09bc', source_type: 's3', source: '{"uri":"s3://lake/customers"}', profile: '{"num_rows":182340}', schema: '{"mlflow_colspec":[{"type":"long","name":"tenure"},{"type":"double","name":"monthly"},{"type":"string","name":"plan"}]}' },
      },
    ],
  })
  await client.artifact(churn, best, 'model/MLmodel', "artifact_path: model\nflavors:\n  python_function:\n    loader_module: mlflow.sklearn\nsignature:\n  inputs: '[{\"type\": \"double\", \"name\": \"tenure\", \"required\": true}, {\"type\": \"double\", \"name\": \"monthly\", \"required\": true}]'\n  outputs: '[{\"type\": \"long\", \"required\": true}]'\n  params: null\n")
  await client.artifact(churn, best, 'reports/confusion.csv', 'class,predicted_no,predicted_yes\nno,812,41\nyes,63,284\n')
  await client.artifact(churn, best, 'reports/summary.html', '<h1>Summary</h1><p>AUC 0.93</p>')
  await client.artifact(churn, best, 'config.json', '{"model":{"depth":6,"rate":0.1},"features":["tenure","monthly","plan"],"calibrated":false}')
  await client.artifact(churn, best, 'model/requirements.txt', 'mlflow==3.4.0\nscikit-learn==1.7.2\nnumpy==2.3.1\n')
  await client.artifact(churn, best, 'model/conda.yaml', 'channels: [conda-forge]\ndependencies: [python=3.11]\n')
  await client.artifact(churn, best, 'reports/loss.plotly.json', JSON.stringify({ data: [{ name: 'training', y: [0.9, 0.6, 0.45, 0.37, 0.33, 0.3] }, { name: 'validation', y: [1, 0.7, 0.55, 0.5, 0.49, 0.49] }, { type: 'pie', values: [1] }], layout: { title: { text: 'Loss by epoch' }, xaxis: { title: { text: 'epoch' } }, yaxis: { title: { text: 'loss' } } } }))
  await client.artifact(churn, best, 'reports/confusion.json', JSON.stringify({ data: [{ type: 'heatmap', x: ['stays', 'leaves'], y: ['leaves', 'stays'], z: [[63, 284], [812, 41]] }], layout: { xaxis: { title: 'predicted' }, yaxis: { title: 'true' } } }))
  await client.artifact(churn, best, 'look.ipynb', JSON.stringify({ metadata: {}, cells: [{ cell_type: 'markdown', source: '# A first look' }, { cell_type: 'code', execution_count: 1, source: 'frame.describe()', outputs: [{ output_type: 'execute_result', data: { 'text/plain': '       tenure\ncount    1200' } }] }, { cell_type: 'code', execution_count: 2, source: 'frame.gone', outputs: [{ output_type: 'error', ename: 'AttributeError', evalue: 'gone', traceback: [] }] }] }))
  await client.artifact(churn, best, 'train.py', 'import mlflow\n\nwith mlflow.start_run():\n    mlflow.log_metric("loss", 0.5)\n')
  for (const name of ['churn', 'fraud', 'segments']) await client.post('registered-models/create', { name, description: name === 'churn' ? 'Who leaves within **90 days**. Not for pricing.' : '' })
  for (let i = 0; i < 4; i++) await client.post('model-versions/create', { name: 'churn', source: `mlflow-artifacts:/${churn}/${best}/artifacts/model`, run_id: best, description: 'Retrained on October.' })
  await client.post('registered-models/alias', { name: 'churn', alias: 'champion', version: '3' })
  await client.post('registered-models/alias', { name: 'churn', alias: 'challenger', version: '4' })
  const policy = ['policy: churn', 'applies-to: ["churn"]', 'stages:', '  - dev', '  - name: production', '    aliases: [live]', 'transitions:', '  - {from: dev, to: production, ask: [anyone], approve: [anyone], approvals: 1, allow-author: true, checks: [{metric: auc, at-least: 0.5}]}', ''].join('\n')
  const applied = await fetch(`${client.url}/api/millwright/v1/policies/churn`, { method: 'PUT', headers: { 'content-type': 'application/yaml' }, body: policy })
  assert.ok(applied.ok, await applied.text())
  await client.call('POST', '/api/millwright/v1/promotions', { model: 'churn', version: 3, alias: 'live', reason: 'Better on every segment' })
  const own = (method, path, body) => client.call(method, `/api/millwright/v1${path}`, body)
  for (const name of ['ann', 'bob', 'a.person.with.a.rather.long.name@example.org']) await own('POST', '/users', { name, password: 'correct horse' })
  await own('POST', '/service-accounts', { name: 'nightly-training' })
  for (const name of ['risk', 'retention']) await own('POST', '/groups', { name })
  for (const name of ['ann', 'bob']) await own('PUT', `/groups/risk/members/${name}`, {})
  for (const [subject, entity, rule] of [['user:ann', 'workspace:default', { role: 'contributor' }], ['group:risk', 'model:churn', { role: 'approver' }], ['user:ann', 'model:churn', { deny: 'alias' }], ['service-account:nightly-training', `experiment:${churn}`, { role: 'contributor' }]]) await own('POST', '/grants', { subject, entity, ...rule })
  await own('POST', '/tokens', { name: 'nightly training', owner: 'nightly-training', scope: 'contributor', expires_at: new Date(now + 3 * 86_400_000).toISOString() })
  await own('POST', '/tokens', { name: 'laptop', owner: 'ann' })
  const others = runs.filter((_, n) => n % 9 !== 8)
  for (const run of others.slice(0, 3)) await client.post('runs/set-tag', { run_id: run, key: 'millwright.starred', value: 'true' })
  for (const [i, run] of others.slice(0, 3).entries()) await client.artifact(churn, run, 'model/requirements.txt', `mlflow==3.18.0\nscikit-learn==1.${5 + i}.0\nnumpy>=2.1\n`)
  const views = []
  for (const [name, state] of [['risk, by loss', "filter=tags.team+%3D+'risk'&column=metrics.val_loss&column=params.learning_rate&order=metrics.val_loss+ASC"], ['rates', 'group=params.learning_rate&column=metrics.val_loss&column=metrics.auc']]) {
    views.push(await client.call('POST', `/api/millwright/v1/experiments/${churn}/views`, { name, state, shared: name === 'rates', pinned: true }))
  }
  const seeds = others.slice(3, 15)
  await fillLake(client, random, { best, runs: others.slice(1, 4) })
  const webhook = await administer(client, { churn, fraud, runs })
  serving = await serve(client, random)
  Object.assign(screens, {
    home: '/',
    experiments: '/experiments',
    'run-table': `/experiments/${churn}`,
    'run-table-filtered': `/experiments/${churn}?filter=metrics.auc+%3E+0.5+and+tags.team+%3D+'risk'&order=metrics.auc+DESC&run=${others[1]}&run=${others[3]}`,
    'run-table-view': `/experiments/${churn}?view=${views[0].view_id}`,
    'run-table-groups': `/experiments/${churn}?group=params.learning_rate&group_order=metrics.val_loss+ASC&open=%3D0.1&column=metrics.val_loss&column=metrics.auc&column=params.max_depth&best=metrics.val_loss&better=low`,
    'run-overview': `/runs/${best}`,
    'run-metrics': `/runs/${best}?tab=metrics&smooth=0.7`,
    'run-artifacts': `/runs/${best}?tab=artifacts&path=reports/confusion.csv`,
    'run-artifact-json': `/runs/${best}?tab=artifacts&path=config.json`,
    'run-artifact-figure': `/runs/${best}?tab=artifacts&path=reports/loss.plotly.json`,
    'run-artifact-heat': `/runs/${best}?tab=artifacts&path=reports/confusion.json`,
    'run-artifact-notebook': `/runs/${best}?tab=artifacts&path=look.ipynb`,
    'run-artifact-code': `/runs/${best}?tab=artifacts&path=train.py`,
    compare: `/compare?run=${others.slice(0, 4).join('&run=')}`,
    'compare-band': `/compare?run=${seeds.join('&run=')}&band=learning_rate&band_by=value&metric=loss`,
    'compare-side': `/compare?run=${others.slice(0, 3).join('&run=')}&mode=side&metric=val`,
    'compare-all': `/compare?experiment=${churn}&run=${others[1]}&run=${others[5]}&brush=metrics.val_loss:0.28,0.295&cx=params.max_depth&cy=params.n_estimators&cz=metrics.val_loss`,
    models: '/models',
    model: '/model?name=churn',
    'model-version': '/model-version?name=churn&version=3',
    'datasets-table': '/datasets',
    'datasets-table-found': '/datasets?q=income&in=census',
    dataset: '/datasets/census.people',
    'dataset-compare': '/datasets/census.people?aspect=compare&from=1&to=3',
    'dataset-quality': '/datasets/census.people?aspect=quality',
    'dataset-preview': '/datasets/census.people?aspect=preview',
    'dataset-consumers': '/datasets/census.people?aspect=consumers',
    'dataset-versions': '/datasets/census.people?aspect=versions',
    'dataset-use': '/datasets/census.people?aspect=use&version=2',
    sql: `/sql?sql=${encodeURIComponent(QUERY)}`,
    'sql-chart': `/sql?saved=income+by+region&pane=chart`,
    lineage: `/lineage?node=run:${best}&depth=4`,
    'lineage-columns': '/lineage?node=column:census.people%23income&depth=6&columns=1',
    gallery: '/gallery',
    'access-users': '/access',
    'access-groups': '/access?part=groups&group=risk',
    'access-tokens': '/access?part=tokens',
    'access-grants': '/access?part=grants',
    'access-explain': '/access?part=explain&who=ann&on=model:churn',
    'trash-table': '/trash',
    'space-table': '/trash?show=space',
    'audit-table': '/audit',
    'audit-table-event': `/audit?action=webhook.created&event=${await eventOf(client, 'webhook.created')}`,
    'webhooks-table': '/webhooks',
    'webhooks-table-open': `/webhooks?webhook=${webhook}`,
    settings: '/settings',
    // Last, so that they have been asked for a while.
    ...serving.screens,
  })
}

const QUERY = 'select region, year,\n       avg(income) as mean_income,\n       count(*) as people\nfrom census.people\nwhere age >= 18\ngroup by all\norder by region, year'

/** A few datasets with versions, tags and a pin. */
async function fillLake(client, random, { best, runs }) {
  const own = (method, path, body) => client.call(method, `/api/millwright/v1${path}`, body)
  const people = (year, count) => `person_id,year,age,sex,income,region,note\n${Array.from({ length: count }, (_, i) => [year * 1000 + i, year, Math.round(18 + random() * 70), i % 2 ? 'f' : 'm', random() < 0.04 ? '' : Math.round(18_000 + random() ** 3 * 140_000), ['north', 'south', 'east', 'west'][Math.floor(random() * random() * 4)], i % 5 ? '' : 'imputed'].join(',')).join('\n')}\n`
  await commitFile(client, 'census.people', { name: 'people_2015.csv', content: people(2015, 1800), mode: 'create', message: 'Census of 2015' })
  await commitFile(client, 'census.people', { name: 'people_2016.csv', content: people(2016, 2100), message: 'Census of 2016' })
  await own('POST', '/datasets/census.people/tags', { name: 'validated/2016', version: '2' })
  await commitFile(client, 'census.people', { name: 'people_2017.csv', content: people(2017, 900), message: 'Half of the census of 2017; the rest comes in May' })
  await own('POST', '/datasets/census.people/pins', { version: '1', kind: 'legal-hold', holder: 'user:ann', reason: 'Case 2026/114' })
  const said = {
    year: { doc: 'Of the census' },
    age: { doc: 'On the first of January', unit: 'years', tags: ['pii'] },
    income: { doc: 'Gross, of the year before; empty when not told', unit: 'EUR', tags: ['pii'] },
    region: { doc: 'Where they live, by the borders of 2015' },
  }
  await own('PATCH', '/datasets/census.people', { comment: 'One row a **person** and census.\n\nNot to be joined with names.', owners: ['ann', 'census team'], tags: ['pii', 'gold'], columns: said })
  await own('PUT', '/sql/saved/income%20by%20region', { sql: QUERY.replace('region, year,', 'region,').replace('order by region, year', 'order by mean_income'), description: 'Mean income of adults' })
  await own('PUT', '/datasets/census.people/rules/ages', { kind: 'range', columns: ['age'], min: 0, max: 120 })
  await own('PUT', '/datasets/census.people/rules/income%20is%20known', { kind: 'not_null', columns: ['income'], severity: 'warning' })
  for (const [name, owner, tags, comment] of [
    ['census.regions', 'ann', ['reference'], 'Borders and names of regions since 1990.'],
    ['sales.eu.orders', 'bob', ['gold'], 'Orders of the web shop, one row an order line.'],
    ['sales.eu.returns', 'bob', [], 'What came back, and why.'],
    ['sales.us.orders', 'bob', ['gold'], ''],
    ['features.churn_training', 'risk', ['training'], 'What the churn model is trained on.'],
  ]) {
    await commitFile(client, name, { content: `id,region,amount,at\n${Array.from({ length: 50 + name.length * 20 }, (_, i) => [i, ['north', 'south'][i % 2], (random() * 400).toFixed(2), `2026-0${1 + (i % 9)}-1${i % 10}T10:00:00Z`].join(',')).join('\n')}\n`, mode: 'create' })
    await own('PATCH', `/datasets/${name}`, { owners: [owner], tags, comment })
  }
  await logInputs(client, [best, ...runs])
}

/** What the runs read, as MLflow's client says it; done when the graph has it. */
async function logInputs(client, runs) {
  const schema = JSON.stringify({ mlflow_colspec: ['age', 'sex', 'income', 'region'].map((name) => ({ type: 'string', name })) })
  for (const [i, run] of runs.entries()) {
    await client.post('runs/log-inputs', {
      run_id: run,
      datasets: [
        { dataset: { name: 'people', digest: 'p', source_type: 'local', source: `"millwright://census.people@${1 + (i % 3)}"`, schema } },
        { dataset: { name: 'orders', digest: 'o', source_type: 'local', source: '"millwright://sales.eu.orders@1"' } },
        ...(i === 0 ? [{ dataset: { name: 'weather', digest: 'w', source_type: 's3', source: '{"uri":"s3://lake/weather/2026.parquet"}' } }] : []),
      ],
    })
  }
  for (const deadline = Date.now() + 30_000; ; ) {
    const { nodes } = await client.call('GET', `/api/millwright/v1/lineage?node=run:${runs.at(-1)}`).catch(() => ({ nodes: [] }))
    if (nodes.some(({ urn }) => urn.startsWith('snapshot:sales.eu.orders@'))) return
    assert.ok(Date.now() < deadline, 'the graph does not have the inputs')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Something in the trash, and webhooks that go well and badly. */
async function administer(client, { churn, fraud, runs }) {
  for (const run of runs.slice(40, 52)) {
    await client.artifact(churn, run, 'model/weights.bin', 'w'.repeat(2000 + run.charCodeAt(0) * 40))
    await client.post('runs/delete', { run_id: run })
  }
  await client.post('logged-models', { experiment_id: fraud, name: 'isolation-forest' }).then(({ model }) => client.call('DELETE', `/api/2.0/mlflow/logged-models/${model.info.model_id}`))
  const old = await client.experiment('churn, first tries (2025)')
  await client.run(old, { name: 'baseline', status: 'FINISHED' })
  await client.post('experiments/delete', { experiment_id: old })
  const events = [
    { entity: 'REGISTERED_MODEL', action: 'CREATED' },
    { entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' },
  ]
  const { webhook } = await client.post('webhooks', { name: 'deploy', description: 'Starts the deployment of what becomes champion.', url: receiver.url, events, secret: 'a secret' })
  await client.post('webhooks', { name: 'chat', url: 'http://127.0.0.1:9/hook', events: [events[0]] })
  await client.post('webhooks', { name: 'cache-refresh', url: 'https://93.184.215.14/refresh', events: [events[1]], status: 'DISABLED' })
  await client.post('registered-models/create', { name: 'uplift' })
  await client.post('registered-models/alias', { name: 'churn', alias: 'previous', version: '2' })
  const told = async () => (await client.call('GET', `/api/millwright/v1/webhooks/${webhook.webhook_id}/deliveries`)).deliveries
  for (const deadline = Date.now() + 30_000; (await told()).filter(({ state }) => state === 'delivered').length < 2; ) {
    assert.ok(Date.now() < deadline, 'the deliveries did not arrive')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return webhook.webhook_id
}

/** The newest event of an action, as the address of the audit screen names it. */
async function eventOf(client, action) {
  const { events } = await client.call('GET', `/api/millwright/v1/audit/events?action=${action}`)
  return `${events[0].at}~${events[0].id}`
}

/** What is wrong with the looks of a screen; a picture is kept. */
async function look(name, path, width, theme) {
  const problems = []
  const { page, errors, close } = await openPage(browser, { width, height: width < 500 ? 844 : 900, theme })
  try {
    await page.goto(`${server.url}/ui${path}`)
    await page.locator('main h1, main h3').first().waitFor()
    await settled(page)
    await page.waitForLoadState('load')
    if (/^sql/.test(name)) {
      await page.getByRole('button', { name: 'Run' }).click()
      await page.getByText(/\d+ rows? in/).waitFor()
    }
    if (name === 'dataset') await page.getByRole('img', { name: /^year, / }).waitFor()
    if (name === 'dataset-compare') await page.getByRole('rowheader', { name: 'year' }).waitFor()
    if (name === 'endpoint-try') {
      await page.getByRole('button', { name: 'Fill it in' }).click()
      await page.getByRole('button', { name: 'Ask', exact: true }).click()
      await page.getByText('from this browser and back').waitFor()
    }
    if (/^endpoint(-shadow)?$/.test(name)) await page.getByRole('img', { name: /^Requests a second/ }).waitFor()
    if (/^lineage/.test(name)) await page.getByRole('group', { name: 'Graph' }).getByRole('button').first().waitFor()
    if (/^(run-metrics|compare.*)$/.test(name)) {
      // Charts are drawn when they come in sight.
      if (name !== 'run-metrics') await page.getByRole('heading', { name: 'Curves' }).scrollIntoViewIfNeeded()
      await page.getByRole('img', { name: /last/ }).first().waitFor()
      await page.evaluate(() => scrollTo(0, 0))
    }
    const picture = join(screenshots, `${name}-${width}-${theme}.png`)
    await page.screenshot({ path: picture })
    if (!/table|experiments|models/.test(name)) {
      const heights = await page.evaluate(() => Math.ceil(document.body.scrollHeight / innerHeight))
      for (let screen = 1; screen <= heights; screen++) {
        await page.evaluate((n) => scrollTo(0, n * innerHeight), screen)
        await settled(page)
      }
      await page.evaluate(() => scrollTo(0, 0))
      await page.screenshot({ path: picture.replace('.png', '-whole.png'), fullPage: true })
    }
    if (width === 1280 && theme === 'light') await pictureForDocs(page, name)
    problems.push(...(await seriousFindings(page)))
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (wide > 0) problems.push(`${wide} px wider than the screen`)
    problems.push(...errors)
  } catch (error) {
    problems.push(String(error))
  } finally {
    await close()
  }
  return problems.map((problem) => `${name}, ${width} px, ${theme}: ${problem}`)
}

async function lookAt(all, width, theme) {
  const problems = []
  for (const [name, path] of all.filter(([name]) => only.test(name))) problems.push(...(await look(name, path, width, theme)))
  assert.deepEqual(problems, [], problems.join('\n'))
}

for (const width of [1280, 390]) {
  for (const theme of ['light', 'dark']) {
    test(`a fresh server at ${width} px, ${theme}`, async () => {
      await lookAt([['fresh-home', '/'], ['fresh-experiments', '/experiments'], ['fresh-run-table', '/experiments/0'], ['fresh-models', '/models'], ['fresh-endpoints-table', '/endpoints'], ['fresh-datasets-table', '/datasets'], ['fresh-SQL', '/sql'], ['fresh-lineage', '/lineage'], ['fresh-compare', '/compare'], ['fresh-access', '/access'], ['fresh-access-tokens', '/access?part=tokens'], ['fresh-sign-in', '/sign-in'], ['fresh-trash-table', '/trash'], ['fresh-audit-table', '/audit'], ['fresh-webhooks-table', '/webhooks'], ['fresh-settings', '/settings?set=1']], width, theme)
    })
  }
}

test('data is logged', async () => {
  await fill(new Client(server.url))
})

for (const width of [1280, 390]) {
  for (const theme of ['light', 'dark']) {
    test(`every screen at ${width} px, ${theme}`, async (t) => {
      await lookAt(Object.entries(screens), width, theme)
      t.diagnostic(`pictures: ${screenshots}`)
    })
  }
}

test('menus, dialogs and the palette', async () => {
  for (const theme of ['light', 'dark']) {
    const { page, close } = await openPage(browser, { theme })
    await page.goto(`${server.url}/ui${screens['run-table']}`)
    await page.getByRole('grid').waitFor()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('dialog', { name: 'Columns' }).getByLabel('Find a column').waitFor()
    await settled(page)
    await page.screenshot({ path: join(screenshots, `columns-${theme}.png`) })
    assert.deepEqual(await seriousFindings(page), [])
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.screenshot({ path: join(screenshots, `keys-${theme}.png`) })
    assert.deepEqual(await seriousFindings(page), [])
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Find an experiment').fill('ch')
    await page.getByRole('option', { name: /churn/ }).first().waitFor()
    await page.screenshot({ path: join(screenshots, `palette-${theme}.png`) })
    assert.deepEqual(await seriousFindings(page), [])
    await page.keyboard.press('Escape')
    for (const [button, popup] of [['Group', 'Group by'], ['Best', 'Which run is best'], ['Views', 'Saved views']]) {
      await page.getByRole('main').getByRole('button', { name: button, exact: true }).click()
      await page.getByRole('dialog', { name: popup }).waitFor()
      await settled(page)
      await page.screenshot({ path: join(screenshots, `${button.toLowerCase()}-${theme}.png`) })
      assert.deepEqual(await seriousFindings(page), [])
      await page.keyboard.press('Escape')
    }
    await page.getByRole('combobox', { name: 'Filter' }).click()
    await page.getByRole('option').first().waitFor()
    await page.screenshot({ path: join(screenshots, `suggestions-${theme}.png`) })
    assert.deepEqual(await seriousFindings(page), [])
    await close()
  }
})
