/** The base URL of one instance of a target. */
export interface InstanceUrl {
  readonly secure: boolean;
  /** Without brackets for IPv6. */
  readonly hostname: string;
  readonly port: number;
  /** What belongs into a Host header: with brackets, without a default port. */
  readonly authority: string;
  /** '' or a path that begins with a slash and does not end with one. */
  readonly basePath: string;
}
