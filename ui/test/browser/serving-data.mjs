// Endpoints with traffic, a shadow and a canary, for the looks of their screens.
import assert from 'node:assert/strict'
import { ask, awaited, classifier, deploy, line, register } from './models.mjs'

const WARM_MILLIS = 150_000
const EVERY_MILLIS = 150
const FEATURES = ['tenure', 'monthly', 'age']

/** Deploys models and goes on asking them until `stop`. Answers what the screens are, too. */
export async function serve(client, random) {
  const own = (method, path, body) => client.call(method, `/api/millwright/v1${path}`, body)
  const between = (low, high) => Math.round(low + random() * (high - low))
  for (const shift of [0, 2, -4]) await register(client, 'retention', classifier(FEATURES, [['tenure', 12 + shift, 1.2, -0.8], ['monthly', 70 + shift, -0.5, 0.9], ['age', 30, 0.3, -0.2]]))
  const inputs = [
    ['area', 'float64', { range: [20, 400], unit: 'm²' }],
    ['rooms', 'int64', [1, 12]],
    ['built', 'int64', [1850, 2026]],
    ['zone', 'int64', { categories: [1, 2, 3, 4] }],
    ['distance', 'float64', { range: [0, 60], unit: 'km' }],
  ]
  for (const [weights, bias] of [[[2400, 1800, 30, 4000, -900], 40_000], [[2410, 1700, 30, 4100, -890], 40_500]]) await register(client, 'house-price', line(inputs, weights, bias))
  await client.post('registered-models/alias', { name: 'retention', alias: 'champion', version: '1' })
  await deploy(client, 'retention', 'retention@champion')
  await deploy(client, 'retention', 'retention/2', 25)
  await awaited(client, await own('PUT', '/endpoints/retention/shadows', { models: ['retention/3'] }))
  await deploy(client, 'prices-eu', 'house-price/1')
  await awaited(client, await own('POST', '/endpoints/prices-eu/canary', { model: 'house-price/2', steps: [10, 25, 50, 100], hold_seconds: 7200, least_requests: 2000, guards: 'errors<1%, p99<50ms, disagreement<20%, shift<0.2' }))
  await deploy(client, 'prices-us', 'house-price/1')

  let last
  const once = async () => {
    const house = { area: between(20, random() < 0.05 ? 450 : 400), rooms: between(1, 9), built: between(1860, 2020), zone: between(1, 4), distance: between(0, 50) }
    ;({ id: last } = await ask(client, 'retention', { tenure: between(0, 30), monthly: between(20, 120), age: between(18, 80) }))
    await ask(client, 'prices-eu', house)
    if (random() < 0.3) await ask(client, 'prices-us', { ...house, area: Math.min(400, house.area) })
  }
  for (let i = 0; i < 300; i++) await once()
  assert.match(last, /^[0-9a-f]{32}$/)
  const prediction = last
  await own('POST', '/endpoints/retention/truth', { rows: [{ prediction_id: prediction, values: { left: 1 } }] })
  let ended = false
  const asking = (async () => {
    while (!ended) {
      await once().catch(() => {})
      // In waves, as people ask.
      await new Promise((resolve) => setTimeout(resolve, EVERY_MILLIS * (1.4 + Math.sin(Date.now() / 15_000)) * (0.5 + random())))
    }
  })()
  // Pictures show curves, which need a few minutes.
  if (process.env.UI_PICTURES === '1') await new Promise((resolve) => setTimeout(resolve, WARM_MILLIS))
  return {
    screens: {
      'endpoints-table': '/endpoints',
      endpoint: '/endpoints/prices-eu',
      'endpoint-shadow': '/endpoints/retention?minutes=15',
      'endpoint-try': '/endpoints/prices-eu?section=try&code=python',
      'endpoint-predictions-table': '/endpoints/retention?section=predictions',
      'endpoint-revisions': '/endpoints/retention?section=revisions',
      'endpoint-policy': '/endpoints/prices-eu?section=policy',
      prediction: `/predictions/${prediction}`,
    },
    stop: async () => {
      ended = true
      await asking
    },
  }
}
