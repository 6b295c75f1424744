import type { RgbImage } from '../raster.js';
import type { TilePlan } from './tile-plan.js';

export interface TilePosition {
  column: number;
  row: number;
}

/**
 * The order in which to restore the tiles: from the most textured one outwards, always to the unvisited
 * neighbour that shares the most texture with a visited one (a maximum spanning tree). Each tile's direction
 * of time is decided on what it shares with the tiles before it, and only texture can tell a sequence from
 * its reverse: sky comes last and decides for no other tile.
 */
export function planVisits(photo: RgbImage, plan: TilePlan): TilePosition[] {
  const tiles = plan.rows.flatMap((_, row) => plan.columns.map((_, column) => ({ column, row })));
  const unvisited = new Set(tiles);
  const visits: TilePosition[] = [];
  const sharedTexture = new Map(tiles.map((tile) => [tile, 0]));
  let next = mostTextured(tiles, (tile) => texture(photo, plan, tile, tile));
  while (unvisited.size > 0) {
    unvisited.delete(next);
    visits.push(next);
    for (const tile of unvisited) {
      if (Math.abs(tile.column - next.column) + Math.abs(tile.row - next.row) !== 1) continue;
      // Above zero even without texture, so that neighbours of visited tiles always come before tiles that
      // touch none.
      sharedTexture.set(
        tile,
        Math.max(sharedTexture.get(tile)!, Number.MIN_VALUE, texture(photo, plan, tile, next)),
      );
    }
    next = mostTextured([...unvisited], (tile) => sharedTexture.get(tile)!);
  }
  return visits;
}

function mostTextured(tiles: TilePosition[], measure: (tile: TilePosition) => number): TilePosition {
  let best = tiles[0]!;
  let bestTexture = -1;
  for (const tile of tiles) {
    const value = measure(tile);
    if (value > bestTexture) [best, bestTexture] = [tile, value];
  }
  return best;
}

/**
 * The sum of absolute green differences between neighbouring pixels over what two tiles share, on every
 * second row and column.
 */
function texture(photo: RgbImage, plan: TilePlan, a: TilePosition, b: TilePosition): number {
  const left = Math.max(plan.columns[a.column]!, plan.columns[b.column]!);
  const right = Math.min(
    photo.width,
    Math.min(plan.columns[a.column]!, plan.columns[b.column]!) + plan.tileWidth,
  );
  const top = Math.max(plan.rows[a.row]!, plan.rows[b.row]!);
  const bottom = Math.min(photo.height, Math.min(plan.rows[a.row]!, plan.rows[b.row]!) + plan.tileHeight);
  const green = (x: number, y: number) => photo.data[(y * photo.width + x) * 3 + 1]!;
  let sum = 0;
  for (let y = top; y < bottom - 1; y += 2) {
    for (let x = left; x < right - 1; x += 2) {
      sum += Math.abs(green(x + 1, y) - green(x, y)) + Math.abs(green(x, y + 1) - green(x, y));
    }
  }
  return sum;
}
