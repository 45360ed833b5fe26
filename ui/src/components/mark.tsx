/** Millwright's sign. */
export function Mark() {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className="size-6">
      <rect width="32" height="32" rx="7" className="fill-accent" />
      <path d="M7 23V10l9 8 9-8v13" fill="none" className="stroke-on-accent" strokeWidth="3.2" strokeLinejoin="round" strokeLinecap="round" />
    </svg>
  )
}
