/** Version and commit. `deno task compile` puts another file with the commit in its place. */
export const BUILD_INFO = { version: "0.1.0", commit: "from source" };
