export const Health = () => null;
