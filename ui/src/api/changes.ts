// The stream that tells what changed. It carries topics, never data: whoever shows a topic asks anew.
//
// One stream serves the page, for all topics in sight. It is closed while the tab is hidden, because a browser opens no
// more than six connections to a server and tabs share them.

import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { OWN, urlOf } from './client.ts'

export type StreamState = 'off' | 'connecting' | 'live' | 'lost'

type Listener = (topic: string) => void

const RETRY_MILLIS = 5_000
/** Topics come and go together when a screen changes; the stream is opened once for all of them. */
const SETTLE_MILLIS = 30

class Changes {
  #listeners = new Map<string, Set<Listener>>()
  #source: EventSource | undefined
  #opened = ''
  #timer: ReturnType<typeof setTimeout> | undefined
  #state: StreamState = 'off'
  #watchers = new Set<() => void>()

  constructor() {
    document.addEventListener('visibilitychange', () => this.#settle(0))
  }

  subscribe(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    listeners.add(listener)
    this.#listeners.set(topic, listeners)
    this.#settle(SETTLE_MILLIS)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic)
      this.#settle(SETTLE_MILLIS)
    }
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  state = (): StreamState => this.#state

  #settle(millis: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#open(), millis)
  }

  #open(): void {
    const topics = document.hidden ? [] : [...this.#listeners.keys()].sort().slice(0, 100)
    const wanted = topics.join('\n')
    if (wanted === this.#opened && this.#source?.readyState !== EventSource.CLOSED) return
    this.#source?.close()
    this.#opened = wanted
    if (topics.length === 0) {
      this.#source = undefined
      this.#tell('off')
      return
    }
    this.#tell('connecting')
    const source = new EventSource(urlOf(`${OWN}/changes`, { topic: topics }))
    this.#source = source
    const everything = () => {
      this.#tell('live')
      for (const topic of topics) this.#changed(topic)
    }
    source.addEventListener('ready', everything)
    source.addEventListener('reset', everything)
    source.addEventListener('change', (event: MessageEvent<string>) => this.#changed((JSON.parse(event.data) as { topic: string }).topic))
    source.addEventListener('error', () => {
      if (source !== this.#source) return
      this.#tell('lost')
      // A browser comes back by itself from a broken connection, but not from a refusal.
      if (source.readyState === EventSource.CLOSED) {
        this.#timer = setTimeout(() => {
          for (const topic of topics) this.#changed(topic)
          this.#open()
        }, RETRY_MILLIS)
      }
    })
  }

  #changed(topic: string): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener(topic)
  }

  #tell(state: StreamState): void {
    if (state === this.#state) return
    this.#state = state
    for (const watcher of this.#watchers) watcher()
  }
}

let changes: Changes | undefined
const stream = (): Changes => (changes ??= new Changes())

export function useStreamState(): StreamState {
  return useSyncExternalStore(stream().watch, stream().state)
}

/** Calls back with each of these topics that changed. */
export function useChanges(topics: readonly string[], onChange: Listener): void {
  const latest = useRef(onChange)
  useEffect(() => {
    latest.current = onChange
  })
  const wanted = topics.join('\n')
  useEffect(() => {
    const ends = wanted
      .split('\n')
      .filter((topic) => topic !== '')
      .map((topic) => stream().subscribe(topic, (changed) => latest.current(changed)))
    return () => {
      for (const end of ends) end()
    }
  }, [wanted])
}

/** Keeps what is shown of these topics fresh: queries whose key begins with a topic are asked anew when it changes. */
export function useTopics(topics: readonly string[]): void {
  const client = useQueryClient()
  useChanges(topics, (topic) => void client.invalidateQueries({ queryKey: [topic] }, { cancelRefetch: false }))
}
