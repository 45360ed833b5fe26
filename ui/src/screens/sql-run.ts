// One query at a time, from its start to its end.

import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { cancelSql, MOST_ROWS, newQueryId, runSql, type SqlResult } from '../api/sql.ts'

export interface SqlRun {
  id: string
  sql: string
  began: number
  state: 'running' | 'done' | 'failed' | 'cancelled'
  result?: SqlResult
  error?: unknown
}

export function useSqlRun() {
  const client = useQueryClient()
  const [run, setRun] = useState<SqlRun>()
  const current = useRef<{ id: string; abort: AbortController; stopped: boolean }>(undefined)
  // Whoever leaves waits no longer, and the server stops what nobody waits for.
  useEffect(() => () => current.current?.abort.abort(), [])
  const start = useCallback(
    async (sql: string) => {
      current.current?.abort.abort()
      const mine = { id: newQueryId(), abort: new AbortController(), stopped: false }
      current.current = mine
      const begun: SqlRun = { id: mine.id, sql, began: Date.now(), state: 'running' }
      setRun(begun)
      let ended: SqlRun
      try {
        ended = { ...begun, state: 'done', result: await runSql(sql, MOST_ROWS, mine.id, mine.abort.signal) }
      } catch (error) {
        ended = mine.stopped ? { ...begun, state: 'cancelled' } : { ...begun, state: 'failed', error }
      }
      if (current.current !== mine) return
      current.current = undefined
      setRun(ended)
      void client.invalidateQueries({ queryKey: ['sql', 'history'] })
    },
    [client],
  )
  const stop = useCallback(async () => {
    const mine = current.current
    if (!mine) return
    mine.stopped = true
    try {
      await cancelSql(mine.id)
    } catch {
      // It has not begun, or it has ended: nobody waits for it in any case.
      mine.abort.abort()
    }
  }, [])
  return { run, start, stop }
}
