// Memory that is allocated and freed in small pieces: search trees over a heap of our own with lists of free blocks.
#include "kernel.h"

typedef struct Node { struct Node *left, *right; u32 key, count; } Node;
typedef union Block { union Block *next; Node node; } Block;

#define BLOCKS 16384
static Block heap[BLOCKS];
static Block *free_blocks;
static u32 untouched, in_use, peak;

static Node *allocate(u32 key) {
  Block *block = free_blocks;
  if (block != 0) free_blocks = block->next;
  else block = &heap[untouched++];
  if (++in_use > peak) peak = in_use;
  block->node = (Node){ 0, 0, key, 1 };
  return &block->node;
}

static void release(Node *node) {
  Block *block = (Block *)node;
  block->next = free_blocks;
  free_blocks = block;
  in_use--;
}

static void insert(Node **link, u32 key) {
  while (*link != 0 && (*link)->key != key) link = key < (*link)->key ? &(*link)->left : &(*link)->right;
  if (*link != 0) (*link)->count++;
  else *link = allocate(key);
}

static void erase(Node **link, u32 key) {
  while (*link != 0 && (*link)->key != key) link = key < (*link)->key ? &(*link)->left : &(*link)->right;
  Node *node = *link;
  if (node == 0) return;
  if (node->left != 0 && node->right != 0) {
    Node **least = &node->right;
    while ((*least)->left != 0) least = &(*least)->left;
    Node *successor = *least;
    node->key = successor->key;
    node->count = successor->count;
    node = successor;
    link = least;
  }
  *link = node->left != 0 ? node->left : node->right;
  release(node);
}

static u32 walk(const Node *node, u32 sum) {
  if (node == 0) return sum;
  sum = walk(node->left, sum);
  return walk(node->right, mix(sum, node->key + node->count));
}

static void clear(Node *node) {
  if (node == 0) return;
  clear(node->left);
  clear(node->right);
  release(node);
}

i32 run(void) {
  u32 seed = 77, sum = 1;
  free_blocks = 0;
  untouched = in_use = peak = 0;
  for (u32 round = 0; round < 5; round++) {
    Node *root = 0;
    for (u32 i = 0; i < 6000; i++) {
      insert(&root, next_random(&seed) % 9000);
      if (i % 3 == 0) erase(&root, next_random(&seed) % 9000);
    }
    sum = mix(walk(root, sum), in_use);
    clear(root);
  }
  return (i32)mix(mix(sum, peak), untouched);
}
