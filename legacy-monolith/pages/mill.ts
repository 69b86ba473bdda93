export const mill = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<path d="M11 30 13 13h6l2 17z" fill="#5b4636"/>
<g stroke="#9a5b2f" stroke-width="2.5" stroke-linecap="round"><path d="M16 12 5 4M16 12 27 4M16 12 6 21M16 12 26 21"/></g>
<circle cx="16" cy="12" r="2.5" fill="#2f2a26"/>
</svg>
`;
