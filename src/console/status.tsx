/** What did not work, and what to do; said aloud by screen readers. */
export const Failed = ({ what, error }: { what: string; error: Error }) => (
  <p class="problem" role="alert">
    {what}: {error.message}
  </p>
);
