import { curlOf, type ApiCall } from '../lib/reproduce.ts'
import { CodeBlock } from './basics.tsx'
import { Dialog } from './dialog.tsx'

/** The request behind what is shown, for whoever wants it in a script. */
export function ApiCallDialog({ call, onClose }: { call: ApiCall | undefined; onClose: () => void }) {
  return (
    <Dialog open={call !== undefined} onClose={onClose} title="The API call behind this" wide>
      {call && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
          <p className="text-ink-2">The same answer, in a shell. On a server with sign-in, add your token as the header Authorization: Bearer.</p>
          <CodeBlock label="curl command" code={curlOf(call)} />
          <p className="text-sm text-ink-3">
            Every call is described at{' '}
            <a className="text-accent underline" href="/api/millwright/v1/openapi.json" target="_blank" rel="noreferrer">
              /api/millwright/v1/openapi.json
            </a>
            .
          </p>
        </div>
      )}
    </Dialog>
  )
}
