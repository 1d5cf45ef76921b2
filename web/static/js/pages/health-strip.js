export function HealthStrip() { return null; }
