import type { ChartSearch } from '../lib/search-params.ts'

/** How all charts of a screen are drawn. */
export function ChartControls({ search, onChange }: { search: ChartSearch; onChange: (patch: ChartSearch) => void }) {
  const smoothing = Number(search.smooth ?? 0)
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
      <fieldset className="flex overflow-hidden rounded-md border border-line-strong">
        <legend className="sr-only">Axis</legend>
        {(['step', 'time'] as const).map((each) => (
          <label key={each} className={`cursor-pointer px-2.5 py-1 has-focus-visible:outline-2 has-focus-visible:outline-focus ${(search.x ?? 'step') === each ? 'bg-accent text-on-accent' : 'bg-surface hover:bg-hover'}`}>
            <input type="radio" name="axis" className="sr-only" checked={(search.x ?? 'step') === each} onChange={() => onChange({ x: each === 'time' ? 'time' : undefined, zoom: undefined })} />
            {each === 'step' ? 'Step' : 'Time'}
          </label>
        ))}
      </fieldset>
      <label className="flex items-center gap-1.5">
        <input type="checkbox" checked={search.log === true} onChange={(event) => onChange({ log: event.target.checked || undefined })} />
        Log scale
      </label>
      <label className="flex items-center gap-2">
        Smoothing
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={smoothing}
          onChange={(event) => onChange({ smooth: Number(event.target.value) > 0 ? event.target.value : undefined })}
          className="w-28"
        />
        <span className="w-8 text-right">{smoothing.toFixed(2)}</span>
      </label>
    </div>
  )
}
