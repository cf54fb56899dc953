/** The port that trackers are told unless the user names another: BEP 3 names it as the usual first one. */
export const DEFAULT_PORT = 6881;
