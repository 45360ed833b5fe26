import type { Signature } from '../lib/signature.ts'

const LABELS = { inputs: 'Inputs', outputs: 'Outputs', params: 'Params' } as const
const SHOWN = 500

/** What a model takes and gives, column by column. */
export function SignatureTable({ signature }: { signature: Signature }) {
  return (
    <div className="grid gap-4">
      {(['inputs', 'outputs', 'params'] as const).map(
        (part) =>
          signature[part].length > 0 && (
            <div key={part} className="max-h-96 overflow-auto" tabIndex={0} role="group" aria-label={LABELS[part]}>
              <table className="w-full text-sm">
                <caption className="pb-1 text-left font-semibold">
                  {LABELS[part]} <span className="font-normal text-ink-3">{signature[part].length}</span>
                </caption>
                <thead>
                  <tr className="border-b border-line text-left text-xs text-ink-2">
                    <th scope="col" className="py-1 pr-3 font-semibold">
                      Name
                    </th>
                    <th scope="col" className="py-1 pr-3 font-semibold">
                      Type
                    </th>
                    <th scope="col" className="py-1 font-semibold">
                      Required
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {signature[part].slice(0, SHOWN).map((field, i) => (
                    <tr key={i} className="border-b border-line last:border-0">
                      <td className="py-1 pr-3 break-words">{field.name || <span className="text-ink-3">(unnamed)</span>}</td>
                      <td className="py-1 pr-3">
                        <code className="font-mono text-xs break-all text-ink-2">{field.type}</code>
                      </td>
                      <td className="py-1 text-ink-2">{field.optional ? 'no' : 'yes'}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
              {signature[part].length > SHOWN && <p className="text-sm text-ink-3">{signature[part].length - SHOWN} more: see the MLmodel file.</p>}
            </div>
          ),
      )}
    </div>
  )
}
