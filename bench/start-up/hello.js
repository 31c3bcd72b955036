// For QuickJS, which has print() where others have a console.
print('hello')
