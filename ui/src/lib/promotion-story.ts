// The story of a promotion in one order: what was asked, what the checks found, who decided what, and what came of it.

export interface StoryGiven {
  model: string
  version: number
  to: string
  alias: string
  requester: string
  reason: string
  decisions: { principal: string; verdict: string; message: string; at: string }[]
  history: { state: string; actor: string; note: string; at: string }[]
  evidence?: unknown
}

export interface CheckSeen {
  passed: boolean
  text: string
}

export interface StoryStep {
  kind: 'requested' | 'checking' | 'waiting' | 'approve' | 'reject' | 'approved' | 'applied' | 'ended'
  at: string
  /** Empty for what the server did by itself. */
  who: string
  what: string
  note: string
  checks: CheckSeen[]
}

const ORDER: StoryStep['kind'][] = ['requested', 'checking', 'waiting', 'approve', 'reject', 'approved', 'applied', 'ended']

export function storySteps(story: StoryGiven): StoryStep[] {
  const goal = story.alias || story.to
  const decided = (verdict: string) => story.decisions.some((decision) => decision.verdict === verdict)
  const steps = story.history.flatMap(({ state, actor, note, at }): StoryStep[] => {
    // What the server did by itself is recorded under whoever set it going; it is told without a name.
    const step = (kind: StoryStep['kind'], who: string, what: string, says = note, checks: CheckSeen[] = []): StoryStep[] => [{ kind, at, who, what, note: says, checks }]
    switch (state) {
      case 'requested':
        return step('requested', story.requester || actor, `asked for ${goal}`, story.reason)
      case 'checking': {
        const checks = checksOf(story.evidence)
        return step('checking', '', story.evidence === undefined ? 'The checks run' : checkedWords(checks), '', checks)
      }
      case 'waiting':
        return step('waiting', '', 'Waits for approval')
      // Who approved or rejected stands as a decision of its own.
      case 'approved':
        return decided('approve') ? [] : step('approved', '', 'Approved')
      case 'rejected':
        return decided('reject') ? [] : note.startsWith('checks failed') ? step('ended', '', 'Rejected by its checks', '') : step('ended', actor, 'rejected')
      case 'applied':
        return step('applied', '', story.alias ? `${story.alias} stands for version ${story.version}` : `Version ${story.version} is in ${story.to}`)
      default:
        return step('ended', '', state[0]!.toUpperCase() + state.slice(1))
    }
  })
  const decisions = story.decisions.map(({ principal, verdict, message, at }): StoryStep => ({
    kind: verdict === 'approve' ? 'approve' : 'reject',
    at,
    who: principal,
    what: verdict === 'approve' ? 'approved' : 'rejected',
    note: message,
    checks: [],
  }))
  return [...steps, ...decisions].sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
}

function checkedWords(checks: readonly CheckSeen[]): string {
  const failed = checks.filter(({ passed }) => !passed).length
  if (checks.length === 0) return 'Nothing was to be checked'
  if (failed > 0) return `${failed} of ${checks.length} checks failed`
  return checks.length === 1 ? 'The check passed' : `All ${checks.length} checks passed`
}

/** The evidence is the server's own JSON; of each check its verdict and its words are shown. */
export function checksOf(evidence: unknown): CheckSeen[] {
  const checks = (evidence as { checks?: unknown } | undefined)?.checks
  if (!Array.isArray(checks)) return []
  return checks.map((check: Record<string, unknown>) => ({
    passed: check.verdict === 'passed',
    text: [check.rule, check.explanation].map((word) => (typeof word === 'string' ? word : JSON.stringify(word))).join(': '),
  }))
}
