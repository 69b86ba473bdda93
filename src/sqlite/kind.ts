/** What sets the databases that we keep apart, and how they are spoken of when they can't be used. */
export interface DatabaseKind {
  readonly applicationId: number;
  /** Each takes the schema one version further; `user_version` counts those that were applied. */
  readonly migrations: readonly string[];
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Whether it is small enough to be checked whole each time it is opened. */
  readonly checkedWhole: boolean;
  /** Whether a file that lost much of what was in it becomes smaller. Only a new file can be told so. */
  readonly shrinks: boolean;
  /** `state`, and in full `a strangler state`. */
  readonly called: string;
  readonly fullName: string;
  /** Where routes.yaml says where it is: `state:`. */
  readonly section: string;
  /** The way out where there can be no SQLite. */
  readonly withoutDriver: string;
  /** The way out where the file is somebody else's. */
  readonly elsewhere: string;
  readonly afterDamage: string;
  /** The way out where the file is not there any more. */
  readonly onceGone: string;
}
