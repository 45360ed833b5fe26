// Measures one thing on one server in a real browser, as often as it is told, each time in a new browser context, whose
// cache is empty. Told by JSON as its only argument, answers JSON: {key: [milliseconds, or null for "not within a minute"]}.
import { createRequire } from 'node:module'
import { UIS } from './uis.mjs'

const { chromium, errors } = createRequire(new URL('../../ui/package.json', import.meta.url))('playwright-core')

const asked = JSON.parse(process.argv[2])
const ui = UIS[asked.server]
const WAIT_MILLIS = 60_000
const LIVE_MILLIS = 30_000
/** What waits in vain each time is not asked for all passes. */
const ENOUGH_MILLIS = 150_000
const SCROLL_FRAMES = 300
const SCROLL_PIXELS = 200

/**
 * When the condition, asked at each frame, first held: told at the frame after, so that what made it hold was drawn.
 * Undefined when it never did. A text, since it is put together here and called there.
 */
async function when(page, condition, arg, timeout = WAIT_MILLIS) {
  const asked = new Function('arg', `
    const held = (globalThis.benchHeld ??= new Set())
    const name = ${JSON.stringify(String(condition))} + JSON.stringify(arg)
    if (held.has(name)) return Date.now()
    if ((${condition})(arg)) held.add(name)
    return false`)
  try {
    const handle = await page.waitForFunction(asked, arg, { polling: 'raf', timeout })
    return await handle.jsonValue()
  } catch (error) {
    if (error instanceof errors.TimeoutError) return undefined
    throw error
  }
}

const since = (begin, end) => (end === undefined || begin === undefined ? null : end - begin)

/** Goes there; when that began. */
async function go(page, path) {
  const began = Date.now()
  await page.goto(asked.url + path, { waitUntil: 'commit' })
  return began
}

/** What a person has chosen before, as the browser kept it. */
let chosenBefore

async function inNewContext(browser, work) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...(chosenBefore && { storageState: chosenBefore }) })
  const page = await context.newPage()
  try {
    return await work(page)
  } catch (error) {
    if (asked.pictures) await page.screenshot({ path: `${asked.pictures}/${asked.server}-${asked.measurement}-failed.png` })
    throw error
  } finally {
    await context.close()
  }
}

async function picture(page, name = asked.measurement) {
  if (asked.pictures) await page.screenshot({ path: `${asked.pictures}/${asked.server}-${name}.png` })
}

async function shows(page, name) {
  return when(page, `(name) => ((${ui.firstRow})() ?? '').includes(name)`, name)
}

async function tick(page) {
  const box = await page.locator(ui.tick).first().boundingBox()
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2)
  return when(page, ui.isTicked)
}

/** Until the first rows are there, and until a click on one is answered. */
async function opened(page, experiment, name) {
  const began = await go(page, ui.experiment(experiment))
  const shown = await shows(page, name)
  if (shown === undefined) {
    await picture(page)
    return { shown: null, usable: null }
  }
  const ticked = await tick(page)
  return { shown: since(began, shown), usable: since(began, ticked) }
}

const MEASUREMENTS = {
  async table(page) {
    const values = await opened(page, asked.places.runs, asked.newest)
    await picture(page)
    return values
  },

  async scroll(page) {
    await opened(page, asked.places.runs, asked.newest)
    await page.waitForTimeout(1500)
    const values = await page.evaluate(scrollThrough, { scroller: ui.scroller, rows: ui.rows, frames: SCROLL_FRAMES, pixels: SCROLL_PIXELS })
    await picture(page)
    return values
  },

  async filter(page, pass) {
    const { text, first } = asked.filters[pass % asked.filters.length]
    await go(page, ui.experiment(asked.places.runs))
    if ((await shows(page, asked.newest)) === undefined) return { filter: null }
    await page.waitForTimeout(1000)
    await page.locator(ui.filter).first().click()
    await page.keyboard.type(text)
    await page.waitForTimeout(500)
    const began = Date.now()
    await page.keyboard.press('Enter')
    const answered = await shows(page, first)
    await picture(page)
    return { filter: since(began, answered) }
  },

  async curves(page) {
    const runs = asked.places.curve_runs
    const began = await go(page, ui.compare(runs, asked.places.curves, asked.curve))
    const drawn = await when(page, ui.drawn, runs.length)
    const arrived = await page.evaluate((calls) => {
      const answers = performance.getEntriesByType('resource').filter((each) => each.name.includes(calls))
      return answers.length > 0 ? performance.timeOrigin + Math.max(...answers.map((each) => each.responseEnd)) : undefined
    }, ui.seriesCalls)
    await picture(page)
    return { curves_drawn: since(began, drawn), curves_after_data: since(arrived, drawn), curves_data: since(began, arrived) }
  },

  async names(page) {
    const values = await opened(page, asked.places.names, asked.widest)
    if (values.usable === null) return { names_usable: null, names_columns: null }
    // What is ticked gives MLflow's page other buttons.
    await page.locator(ui.tick).first().uncheck()
    await page.locator(ui.columns).first().waitFor()
    await page.waitForTimeout(500)
    const began = Date.now()
    await page.locator(ui.columns).first().click()
    const open = await when(page, ui.columnsOpen)
    await picture(page)
    return { names_shown: values.shown, names_usable: values.usable, names_columns: since(began, open) }
  },

  /** Told by REST to a run whose page is open. */
  async live(page, pass) {
    const now = Date.now()
    const { run } = await post('runs/create', { experiment_id: asked.places.curves, run_name: `live-${now}`, start_time: now })
    const id = run.info.run_id
    const log = (value, step) => post('runs/log-metric', { run_id: id, key: asked.curve, value, step, timestamp: Date.now() })
    const told = (value) => `() => document.body.textContent.includes('${value}')`
    const [before, after] = [0.8123, 0.4217].map((value) => (value + pass / 1000).toFixed(4))
    await log(Number(before), 0)
    await go(page, ui.run(id, asked.places.curves))
    if ((await when(page, told(before))) === undefined) return { live: null }
    await page.waitForTimeout(2500)
    const began = Date.now()
    await log(Number(after), 1)
    const shown = await when(page, told(after), undefined, LIVE_MILLIS)
    if (shown !== undefined) return { live: shown - began }
    await picture(page)
    const reloaded = Date.now()
    await page.reload({ waitUntil: 'commit' })
    return { live: null, live_reload: since(reloaded, await when(page, told(after))) }
  },
}

/** Scrolls some pixels at each frame. Runs in the page. */
async function scrollThrough({ scroller, rows, frames, pixels }) {
  const element = document.querySelector(scroller)
  const entries = []
  for (const type of ['long-animation-frame', 'longtask']) {
    if (PerformanceObserver.supportedEntryTypes.includes(type)) {
      new PerformanceObserver((list) => entries.push(...list.getEntries().map(({ duration }) => duration))).observe({ type })
    }
  }
  let most = 0
  let longest = 0
  let before = await new Promise(requestAnimationFrame)
  for (let i = 0; i < frames; i++) {
    element.scrollTop += pixels
    const now = await new Promise(requestAnimationFrame)
    longest = Math.max(longest, now - before)
    before = now
    most = Math.max(most, document.querySelectorAll(rows).length)
  }
  await new Promise((resolve) => setTimeout(resolve, 300))
  return { scroll_rows: most, scroll_frame: longest, scroll_long: Math.max(0, ...entries), scroll_pixels: element.scrollTop }
}

async function post(path, body) {
  const response = await fetch(`${asked.url}/api/2.0/mlflow/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
  return JSON.parse(text)
}

/** Makes the choices of a person that a measurement needs; they do not count. */
async function choose(browser) {
  if (asked.measurement !== 'curves' || !ui.prepareToCompare) return
  chosenBefore = await inNewContext(browser, async (page) => {
    await go(page, ui.compare(asked.places.curve_runs, asked.places.curves, asked.curve))
    await ui.prepareToCompare(page)
    await page.waitForTimeout(1000)
    return page.context().storageState()
  })
}

const browser = await chromium.launch({ executablePath: asked.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
try {
  await choose(browser)
  const values = {}
  const begun = Date.now()
  // The first does not count: it warms the server's code, as any earlier visitor would have.
  for (let pass = -1; pass < asked.passes; pass++) {
    const measured = await inNewContext(browser, (page) => MEASUREMENTS[asked.measurement](page, pass + 1))
    if (pass < 0) continue
    for (const [key, value] of Object.entries(measured)) (values[key] ??= []).push(value)
    if (Date.now() - begun > ENOUGH_MILLIS) break
  }
  process.stdout.write(JSON.stringify({ values, browser: browser.version() }))
} finally {
  await browser.close()
}
