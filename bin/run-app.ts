/** Runs a CDK app to its end; a failure is a sentence for the person who called the CDK, which shows it. */
export async function runApp(synthesize: () => void | Promise<void>): Promise<void> {
  try {
    await synthesize();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
