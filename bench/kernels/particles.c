// Charged particles in a box, moved by Verlet's method: f64 in structures in memory, square roots and divisions.
#include "kernel.h"

#define N 12
typedef struct { f64 x, y, z, vx, vy, vz, fx, fy, fz, charge; } Particle;
static Particle particles[N];

static f64 forces(void) {
  f64 energy = 0;
  for (u32 i = 0; i < N; i++) particles[i].fx = particles[i].fy = particles[i].fz = 0;
  for (u32 i = 0; i < N; i++)
    for (u32 j = i + 1; j < N; j++) {
      Particle *p = &particles[i], *q = &particles[j];
      f64 dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
      f64 distance = __builtin_sqrt(dx * dx + dy * dy + dz * dz + 0.01);
      f64 potential = p->charge * q->charge / distance, f = potential / (distance * distance);
      energy += potential;
      p->fx += f * dx, p->fy += f * dy, p->fz += f * dz;
      q->fx -= f * dx, q->fy -= f * dy, q->fz -= f * dz;
    }
  return energy;
}

static void move(f64 dt) {
  for (u32 i = 0; i < N; i++) {
    Particle *p = &particles[i];
    p->vx += dt * p->fx, p->vy += dt * p->fy, p->vz += dt * p->fz;
    p->x += dt * p->vx, p->y += dt * p->vy, p->z += dt * p->vz;
    if (p->x < 0 || p->x > 8) p->vx = -p->vx;
    if (p->y < 0 || p->y > 8) p->vy = -p->vy;
    if (p->z < 0 || p->z > 8) p->vz = -p->vz;
  }
}

i32 run(void) {
  u32 seed = 23, sum = 1;
  for (u32 i = 0; i < N; i++) {
    Particle p = { 0 };
    p.x = (next_random(&seed) & 255) / 32.0;
    p.y = (next_random(&seed) & 255) / 32.0;
    p.z = (next_random(&seed) & 255) / 32.0;
    p.charge = i & 1 ? 1.0 : -0.75;
    particles[i] = p;
  }
  f64 energy = 0;
  for (u32 step = 0; step < 4000; step++) {
    energy += forces();
    move(0.001);
  }
  for (u32 i = 0; i < N; i++) sum = mix_f64(sum, particles[i].x + particles[i].vy);
  return (i32)mix_f64(sum, energy);
}
