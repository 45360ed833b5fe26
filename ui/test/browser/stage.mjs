// A server on a temporary home, data in it, and a browser before it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const root = new URL('../../../', import.meta.url).pathname
const START_MILLIS = 300_000
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const screenshots = process.env.UI_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'millwright-ui-'))
mkdirSync(screenshots, { recursive: true })

/** Starts `./millwright server` on a free port; `stop` ends it and removes what it kept. `token` is what it printed, the first administrator's. */
export async function startServer(options = []) {
  const home = mkdtempSync(join(tmpdir(), 'millwright-ui-home-'))
  const child = spawn(join(root, 'millwright'), ['server', '--home', home, '--port', '0', ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the server did not start:\n${output}`)), START_MILLIS)
    const read = (chunk) => {
      output += chunk
      const ready = /ready at (http:\/\/[^\s]+)/.exec(output)
      if (!ready) return
      clearTimeout(timer)
      resolve(ready[1])
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${output}`)))
  })
  return {
    url,
    get token() {
      return /^\s*(mw_[\w-]{43})$/m.exec(output)?.[1]
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** MLflow's REST, as its client would speak it. */
export class Client {
  constructor(url, token) {
    this.url = url
    this.headers = token ? { authorization: `Bearer ${token}` } : {}
  }

  async call(method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...this.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
    return text === '' ? {} : JSON.parse(text)
  }

  post(path, body) {
    return this.call('POST', `/api/2.0/mlflow/${path}`, body)
  }

  get(path) {
    return this.call('GET', `/api/2.0/mlflow/${path}`)
  }

  async experiment(name) {
    return (await this.post('experiments/create', { name })).experiment_id
  }

  /** A run with what is given; RUNNING unless it has an end. */
  async run(experiment, { name, start = Date.now(), user = 'ann', params = {}, tags = {}, metrics = {}, status, end }) {
    const { run } = await this.post('runs/create', { experiment_id: experiment, run_name: name, start_time: start, user_id: user })
    const id = run.info.run_id
    const points = Object.entries(metrics).flatMap(([key, values]) => [values].flat().map((value, step) => ({ key, value, step, timestamp: start + step * 1000 })))
    for (let from = 0; from < points.length; from += 1000) await this.post('runs/log-batch', { run_id: id, metrics: points.slice(from, from + 1000) })
    await this.post('runs/log-batch', {
      run_id: id,
      params: Object.entries(params).map(([key, value]) => ({ key, value: String(value) })),
      tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
    })
    if (status) await this.post('runs/update', { run_id: id, status, end_time: end ?? start + 90_000 })
    return id
  }

  async artifact(experiment, run, path, content) {
    const response = await fetch(`${this.url}/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/${path}`, { method: 'PUT', headers: this.headers, body: content })
    assert.ok(response.ok, `storing ${path}: ${response.status}`)
  }
}

/** Makes a file a version of a dataset, as `millwright data` does. */
export async function commitFile(client, dataset, { name = 'rows.csv', content, mode = 'append', ...commit }) {
  const path = `/api/millwright/v1/datasets/${encodeURIComponent(dataset)}`
  const sent = await fetch(`${client.url}${path}/uploads?name=${encodeURIComponent(name)}`, { method: 'POST', headers: client.headers, body: content })
  const text = await sent.text()
  assert.ok(sent.ok, `sending ${name}: ${text}`)
  return client.call('POST', `${path}/versions`, { upload: JSON.parse(text).upload, mode, ...commit })
}

/** A small server that webhooks may lead to: keeps what came and answers as `answer` says. */
export async function startReceiver() {
  const got = []
  const receiver = { got, answer: { status: 200, body: 'thanks' } }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      got.push({ headers: request.headers, body: JSON.parse(body) })
      response.writeHead(receiver.answer.status, { 'content-type': 'text/plain' })
      response.end(receiver.answer.body)
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  receiver.url = `http://127.0.0.1:${server.address().port}/hook`
  receiver.stop = () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()))
  return receiver
}

export async function startBrowser() {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium'
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

/** A page that keeps what went wrong in it: errors of scripts, of the console and of the content security policy. */
export async function openPage(browser, { width = 1280, height = 800, theme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, acceptDownloads: true, reducedMotion: 'reduce' })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(`${message.text()} ${message.location().url}`)
  })
  page.on('dialog', (dialog) => {
    errors.push(`a script opened a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  return { page, errors, close: () => context.close() }
}

/** What axe finds serious. Contrast is among it. */
export async function seriousFindings(page) {
  await page.evaluate(axeSource)
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} (${failureSummary?.split('\n').slice(1).join(' ').trim()})`).join('\n   ')}`)
  })
}

export async function settled(page) {
  await page.waitForFunction(() =>
    [...document.querySelectorAll('.skeleton, [aria-label="Loading"]')].every((waiting) => {
      const { top, bottom } = waiting.getBoundingClientRect()
      return waiting.closest('[data-example]') !== null || bottom <= 0 || top >= innerHeight
    }),
  )
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
}

/** A picture in both themes, and what axe says of each. */
export async function inBothThemes(page, name) {
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: theme })
    await settled(page)
    await page.screenshot({ path: join(screenshots, `${name}-${theme}.png`) })
    assert.deepEqual(await seriousFindings(page), [], `${name}, ${theme}`)
  }
  await page.emulateMedia({ colorScheme: 'light' })
}
