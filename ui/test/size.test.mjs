// What a browser must fetch, compressed, before it can show something. Read from dist.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url).pathname
const ENTRY_LIMIT = 180_000
const PAGE_LIMIT = 350_000
const manifest = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8'))

const compressed = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length

/** A chunk, what it imports, and their styles. */
function filesOf(name, seen = new Set()) {
  const chunk = manifest[name]
  if (seen.has(chunk.file)) return seen
  seen.add(chunk.file)
  for (const style of chunk.css ?? []) seen.add(style)
  for (const each of chunk.imports ?? []) filesOf(each, seen)
  return seen
}

const weightOf = (files) => [...files].reduce((sum, file) => sum + compressed(file), 0)

test('the entry is at most 180 kB', (t) => {
  const weight = weightOf(filesOf('index.html'))
  t.diagnostic(`entry: ${weight} bytes`)
  assert.ok(weight > 10_000, 'the manifest names no entry')
  assert.ok(weight <= ENTRY_LIMIT, `the entry is ${weight} bytes, at most ${ENTRY_LIMIT} are allowed`)
})

test('every page with all that it may load is at most 350 kB', (t) => {
  const screens = Object.keys(manifest).filter((name) => name.startsWith('src/screens/'))
  assert.ok(screens.length >= 5, `only ${screens.length} screens are chunks of their own`)
  for (const screen of screens) {
    const files = filesOf('index.html')
    filesOf(screen, files)
    const lazies = [...(manifest[screen].dynamicImports ?? []), 'src/components/palette.tsx']
    for (const lazy of lazies) if (manifest[lazy]) filesOf(lazy, files)
    const weight = weightOf(files)
    t.diagnostic(`${screen}: ${weight} bytes`)
    assert.ok(weight <= PAGE_LIMIT, `${screen} is ${weight} bytes, at most ${PAGE_LIMIT} are allowed`)
  }
})

test('each script and style lies compressed beside itself', () => {
  const texts = readdirSync(join(dist, 'assets')).filter((name) => /\.(js|css)$/.test(name))
  assert.ok(texts.length > 5)
  for (const name of texts) {
    if (readFileSync(join(dist, 'assets', name)).length < 512) continue
    for (const ending of ['.br', '.gz']) assert.ok(existsSync(join(dist, 'assets', name + ending)), `${name}${ending} is missing`)
  }
})

test('the page holds no inline script or style and no address of another host', () => {
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/i)
  assert.doesNotMatch(html, /(?:src|href)="(?:https?:)?\/\//i)
})
