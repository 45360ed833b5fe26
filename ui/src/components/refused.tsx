import { Lock } from 'lucide-react'
import { ApiError } from '../api/client.ts'
import { Empty, ErrorState } from './basics.tsx'

/** What stands where something could not be read: for want of a right, which one it is and whom to ask. */
export function NotShown({ error, what, right, onRetry }: { error: unknown; what: string; right: string; onRetry?: () => void }) {
  if (error instanceof ApiError && error.status === 403) {
    return (
      <Empty icon={Lock} title={`This needs ${right}`}>
        <p className="break-words">{error.message}</p>
        {error.requestId && (
          <p className="mt-2 text-sm text-ink-3">
            Request <code className="font-mono text-xs">{error.requestId}</code>
          </p>
        )}
      </Empty>
    )
  }
  return <ErrorState error={error} what={what} {...(onRetry ? { onRetry } : {})} />
}
