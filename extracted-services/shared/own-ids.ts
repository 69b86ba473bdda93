/** What is made here has ids from here on, so that it never meets what the monolith makes. */
export const firstOwnId = 1_000_000;
