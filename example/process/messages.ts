/** What a process of the example says to the one that started it. */
export type ProcessMessage =
  | { readonly type: 'ready'; readonly url: string }
  | { readonly type: 'failed'; readonly why: string };
