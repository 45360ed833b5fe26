// Work of the server that takes longer than a request: begun here, watched to its end.

import { useQuery } from '@tanstack/react-query'
import { LoaderCircle } from 'lucide-react'
import { useCallback, useState } from 'react'
import { cancelOperation, operationQuery, type Operation } from '../api/admin.ts'
import { Button } from './basics.tsx'

export interface Watched {
  operation: Operation | undefined
  /** Whether it was begun and has not ended. */
  busy: boolean
  /** Why it could not begin, could not be watched, or failed. */
  error: unknown
  begin: (start: () => Promise<Operation>) => Promise<void>
  forget: () => void
}

/** One operation at a time; another one takes its place. */
export function useOperation(): Watched {
  const [begun, setBegun] = useState<Operation>()
  const [starting, setStarting] = useState(false)
  const [refusal, setRefusal] = useState<unknown>()
  const watched = useQuery(operationQuery(begun?.operation_id ?? ''))
  const operation = begun && (watched.data ?? begun)
  const begin = useCallback(async (start: () => Promise<Operation>) => {
    setRefusal(undefined)
    setBegun(undefined)
    setStarting(true)
    try {
      setBegun(await start())
    } catch (error) {
      setRefusal(error)
    } finally {
      setStarting(false)
    }
  }, [])
  const forget = useCallback(() => {
    setBegun(undefined)
    setRefusal(undefined)
  }, [])
  const failed = operation?.state === 'failed' ? new Error(operation.error?.detail ?? 'It failed.') : undefined
  return {
    operation,
    busy: starting || (operation?.state === 'running' && !watched.error),
    error: refusal ?? (begun ? watched.error : undefined) ?? failed,
    begin,
    forget,
  }
}

/** How far it is, with a way to stop it. */
export function Progress({ operation, children }: { operation: Operation | undefined; children: string }) {
  const [stopping, setStopping] = useState(false)
  return (
    <div role="status" className="flex flex-wrap items-center gap-3">
      <LoaderCircle aria-hidden size={17} className="animate-spin text-live" />
      <span className="min-w-0 flex-1">{children}</span>
      {operation && (
        <Button
          kind="quiet"
          disabled={stopping}
          onClick={() => {
            setStopping(true)
            // What cannot be stopped any more has ended; the watch says so.
            cancelOperation(operation.operation_id).catch(() => setStopping(false))
          }}
        >
          {stopping ? 'Stopping …' : 'Stop'}
        </Button>
      )}
    </div>
  )
}
