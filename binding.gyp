{
  'targets': [
    {
      'target_name': 'windrose',
      'sources': ['<!@(ls native/*.cc)'],
      'dependencies': ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except"],
      'defines': ['NAPI_VERSION=8'],
      'cflags': ['-Wall', '-Wextra', '-Werror', '-O2', '-fvisibility=hidden'],
      'cflags_cc!': ['-std=gnu++20', '-std=gnu++17', '-O3'],
      'cflags_cc': ['-std=c++17'],
      'ldflags': ['-pthread'],
    },
  ],
}
