export const Topology = () => null;
