import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAgo, formatBytes, formatCount, formatDuration, formatNumber, formatUtc, plural, toNumber } from '../../src/lib/format.ts'

test('numbers keep six digits and lose nothing else', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [0.1 + 0.2, '0.3'],
    [0.123456789, '0.123457'],
    [-1.5, '−1.5'],
    [1234, '1234'],
    [1234567, '1\u202f234\u202f567'],
    [123456.789, '123\u202f457'],
    [0.00001234, '1.234e−5'],
    [-2.5e12, '−2.5e12'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '∞'],
    [-Number.MAX_VALUE, '−∞'],
    [0.0001, '0.0001'],
    [99999.95, '99999.9'],
  ]
  for (const [value, text] of cases) assert.equal(formatNumber(value), text, String(value))
})

test('sizes are decimal', () => {
  assert.equal(formatBytes(999), '999 B')
  assert.equal(formatBytes(1000), '1.0 kB')
  assert.equal(formatBytes(999_950), '1.0 MB')
  assert.equal(formatBytes(1_250_000_000), '1.3 GB')
})

test('durations use the two units that matter', () => {
  assert.equal(formatDuration(380), '380 ms')
  assert.equal(formatDuration(4_250), '4.2 s')
  assert.equal(formatDuration(200_000), '3 min 20 s')
  assert.equal(formatDuration(18_120_000), '5 h 02 min')
  assert.equal(formatDuration(3 * 86_400_000 + 4 * 3_600_000), '3 d 4 h')
  assert.equal(formatDuration(-5), '0 ms')
})

test('how long ago, then the date', () => {
  const now = Date.UTC(2026, 10, 25, 12)
  assert.equal(formatAgo(now - 3_000, now), 'just now')
  assert.equal(formatAgo(now - 59_000, now), '59 s ago')
  assert.equal(formatAgo(now - 3_600_000, now), '1 h ago')
  assert.match(formatAgo(now - 30 * 86_400_000, now), /^2026-10-2\d \d\d:\d\d$/)
  assert.match(formatAgo(now + 3_600_000, now), /^2026-11-2\d /)
  assert.equal(formatUtc(now), '2026-11-25 12:00:00 UTC')
})

test('counts say when they stopped counting', () => {
  assert.equal(formatCount(10_000, false), '10\u202f000+')
  assert.equal(plural(1, 'run'), '1 run')
  assert.equal(plural(2, 'run'), '2 runs')
})

test("MLflow's texts for numbers are numbers", () => {
  assert.ok(Number.isNaN(toNumber('NaN')))
  assert.equal(toNumber('-Infinity'), Number.NEGATIVE_INFINITY)
  assert.equal(toNumber('0.5'), 0.5)
  assert.equal(toNumber('half'), undefined)
  assert.equal(toNumber(''), undefined)
})
