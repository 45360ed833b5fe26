import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// `npm run dev` beside a running server: MILLWRIGHT_URL says where that is.
const server = process.env.MILLWRIGHT_URL ?? 'http://127.0.0.1:8484'

export default defineConfig({
  base: '/ui/',
  plugins: [react(), tailwind()],
  build: {
    // light-dark() is served as it stands; older browsers would need it spelled out.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    manifest: 'manifest.json',
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/ajax-api', '/endpoints', '/get-artifact', '/model-versions', '/health', '/version'].map((path) => [path, { target: server, changeOrigin: true }]),
    ),
  },
})
